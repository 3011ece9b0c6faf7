/** What a person may choose from while setting up which tests a release runs; bound to one connection. Every list is read to its last page. */

export interface TestProject {
  id: string;
  name: string;
}

/** A node of the tree that a project's tests are filed in. */
export interface TestSection {
  id: string;
  name: string;
  /** `null` at the top. */
  parentId: string | null;
  /** Names from the top down, its own last. */
  path: string[];
}

/** Something besides their section by which tests are told apart; which there are is the provider's own matter. */
export interface TestFacet {
  /** What its values are asked by; a plural, lower case. */
  key: string;
}

export interface TestFacetValue {
  id: string;
  name: string;
}

export interface TestCatalogue {
  readonly facets: readonly TestFacet[];
  /** Those that runs can be made in. */
  projects(): AsyncIterable<TestProject>;
  /** Each right after what it lies in; `null` = there is no such project. */
  sections(projectId: string): Promise<TestSection[] | null>;
  /** By name; `null` = there is no such project. @param facet key of one of `facets`; any other is `invalid` */
  facetValues(projectId: string, facet: string): Promise<TestFacetValue[] | null>;
}
