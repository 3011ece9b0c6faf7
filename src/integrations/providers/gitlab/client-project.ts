import { PersonalAccessTokens, ProjectMembers, ProjectReleases, Projects, Users } from '@gitbeaker/rest';
import { data, EXPANDED, type Gitbeaker, maybe, paged } from './call.ts';
import * as schema from './schema.ts';

/** The account, its projects, and the releases of ours. */
export function projectCalls({ options, call, project }: Gitbeaker) {
  const projects = new Projects(options);
  const releases = new ProjectReleases(options);
  return {
    token: () => call('read the token', new PersonalAccessTokens(options).show(EXPANDED), schema.tokenSchema),
    user: () => call('read the account', new Users(options).showCurrentUser(EXPANDED), schema.userSchema),
    member(userId: number) {
      const member = new ProjectMembers(options).show(project, userId, { ...EXPANDED, includeInherited: true });
      return maybe(call('read the membership', member, schema.memberSchema));
    },
    project: () => call('read the project', projects.show(project, EXPANDED), schema.projectSchema),
    projectsAfter(idAfter: number) {
      // A page number keeps gitbeaker from reading on by itself.
      const list = projects.all({ ...paged(1), membership: true, orderBy: 'id', sort: 'asc', idAfter });
      return call('list projects', list, schema.projectsSchema);
    },
    release: (tag: string) => maybe(call(`read the release of ${tag}`, releases.show(project, tag, EXPANDED), schema.releaseSchema)),
    createRelease(release: { tagName: string; name: string; description: string }) {
      const created = releases.create(project, { ...EXPANDED, ...release });
      return data(call(`create the release of ${release.tagName}`, created, schema.releaseSchema));
    },
    updateRelease: (tag: string, release: { name: string; description: string }) =>
      data(call(`update the release of ${tag}`, releases.edit(project, tag, { ...EXPANDED, ...release }), schema.releaseSchema)),
  };
}
