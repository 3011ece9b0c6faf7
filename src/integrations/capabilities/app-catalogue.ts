export interface CatalogueApp {
  /** What a store config names: bundle id or package name. */
  appId: string;
  name: string;
}

/** Which apps a connection sees, for forms, where a store tells. */
export interface AppCatalogue {
  apps(): AsyncIterable<CatalogueApp>;
}
