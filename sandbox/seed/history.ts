import type { NewCommit } from '../../test/fakes/github/repository.ts';

/** What the people of the sandbox's repository have written so far. */

type Author = Required<NonNullable<NewCommit['author']>>;

const person = (name: string, login: string): Author => ({ name, login, email: `${login}@shop.example` });

export const people = {
  amira: person('Amira Haddad', 'amira'),
  jonas: person('Jonas Weber', 'jonasw'),
  mei: person('Mei Tanaka', 'meitan'),
  tomas: person('Tomás Silva', 'tsilva'),
  priya: person('Priya Nair', 'priyan'),
};

export type Step =
  | { kind: 'commit'; by: Author; message: string; touches: string }
  | { kind: 'pull'; by: Author; title: string; head: string; labels: string[]; touches: string }
  /** Undoes the commit whose subject this is. */
  | { kind: 'revert'; by: Author; subject: string }
  | { kind: 'tag'; name: string };

const commit = (by: Author, message: string, touches: string): Step => ({ kind: 'commit', by, message, touches });
const pull = (by: Author, title: string, head: string, labels: string[], touches: string): Step => ({
  ...{ kind: 'pull', by, title, head, labels, touches },
});

const { amira, jonas, mei, tomas, priya } = people;

/** Oldest first. */
export const history: readonly Step[] = [
  commit(amira, 'feat: product list with infinite scrolling', 'app/products.kt'),
  commit(jonas, 'feat(search): suggestions while typing', 'app/search.kt'),
  commit(mei, 'feat(ios): product details as a sheet', 'ios/Details.swift'),
  commit(tomas, 'chore: update Gradle to 8.9', 'gradle.properties'),
  pull(priya, 'feat(cart): keep the cart between devices', 'cart-sync', ['feature'], 'app/cart.kt'),
  commit(jonas, 'fix(search): no request for less than two letters', 'app/search.kt'),
  commit(mei, 'perf(ios): decode images off the main thread', 'ios/Images.swift'),
  commit(amira, 'docs: how to run the app against a local server', 'docs/local.md'),
  commit(tomas, 'ci: cache Gradle and CocoaPods', '.github/cache.txt'),
  commit(amira, 'chore(release): 1.3.0', 'CHANGELOG.md'),
  { kind: 'tag', name: 'v1.3.0' },
  commit(jonas, 'feat(wishlist): share a wishlist by link\n\nRefs: SHOP-101', 'app/wishlist.kt'),
  pull(mei, 'feat(checkout): Apple Pay', 'apple-pay', ['feature', 'ios'], 'ios/Checkout.swift'),
  pull(amira, 'feat(checkout): Google Pay', 'google-pay', ['feature', 'android'], 'app/checkout.kt'),
  commit(priya, 'fix(cart): totals are rounded once, at the end\n\nFixes SHOP-118', 'app/totals.kt'),
  commit(tomas, 'feat(home): recommendations above the fold', 'app/home.kt'),
  commit(jonas, 'perf(search): index of product names kept in memory', 'app/search.kt'),
  { kind: 'revert', by: priya, subject: 'feat(home): recommendations above the fold' },
  pull(tomas, 'fix: crash when the network comes back during login', 'login-crash', ['bug', 'android'], 'app/login.kt'),
  commit(
    priya,
    'feat(api)!: orders are requested page by page\n\nBREAKING CHANGE: `GET /orders` answers 50 orders and a cursor; clients before 1.4 show only the newest 50.',
    'app/orders.kt',
  ),
  commit(mei, 'fix(ios): keyboard no longer covers the coupon field', 'ios/Coupon.swift'),
  commit(amira, 'refactor(cart): one reducer instead of three', 'app/cart.kt'),
  pull(jonas, 'feat(settings): dark mode follows the system', 'dark-mode', ['feature'], 'app/theme.kt'),
  commit(tomas, 'test: end-to-end test of guest checkout', 'e2e/guest.kt'),
  commit(priya, 'fix(push): one notification per order, not per parcel\n\nFixes SHOP-131', 'app/push.kt'),
  commit(mei, 'docs: release checklist', 'docs/release.md'),
];

/** Work after a release: each version that is added to the past is followed by some of it. */
export const laterWork: readonly Step[] = [
  commit(jonas, 'feat(search): filters stay when going back', 'app/search.kt'),
  commit(mei, 'fix(ios): dynamic type in the order list', 'ios/Orders.swift'),
  pull(amira, 'feat(reviews): photos in reviews', 'review-photos', ['feature'], 'app/reviews.kt'),
  commit(tomas, 'perf(home): images in the size they are shown in', 'app/images.kt'),
  commit(priya, 'fix(returns): label opens as PDF', 'app/returns.kt'),
  commit(amira, 'feat(account): addresses can be ordered', 'app/account.kt'),
];

/** What turns up on the release branch when testers look at the first candidate. */
export const lateFix = {
  by: amira,
  message: 'fix(checkout): voucher is applied once when the button is pressed twice\n\nFixes SHOP-142',
  touches: 'app/voucher.kt',
};
