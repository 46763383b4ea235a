import * as v from 'valibot';

const licenseSchema = v.object({
  license: v.optional(v.object({ id: v.optional(v.string()) })),
});

const sbomSchema = v.object({
  components: v.array(
    v.object({
      group: v.optional(v.string()),
      name: v.string(),
      licenses: v.optional(v.array(licenseSchema), []),
    }),
  ),
});

/** A package in the bundles. */
export interface BundledPackage {
  name: string;
  /** Identifiers of SPDX; undefined for a licence that has none. */
  licences: (string | undefined)[];
}

/**
 * Reads a software bill of materials.
 *
 * @param sbom CycloneDX, as JSON
 */
export function packagesIn(sbom: string): BundledPackage[] {
  return v.parse(sbomSchema, JSON.parse(sbom)).components.map(({ group, name, licenses }) => ({
    name: group === undefined ? name : `${group}/${name}`,
    licences: licenses.map(({ license }) => license?.id),
  }));
}
