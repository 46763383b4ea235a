import * as z from 'zod/mini';

const licenseSchema = z.object({
  license: z.optional(z.object({ id: z.optional(z.string()) })),
});

const sbomSchema = z.object({
  components: z.array(
    z.object({
      group: z.optional(z.string()),
      name: z.string(),
      licenses: z._default(z.array(licenseSchema), []),
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
  return sbomSchema.parse(JSON.parse(sbom)).components.map(({ group, name, licenses }) => ({
    name: group === undefined ? name : `${group}/${name}`,
    licences: licenses.map(({ license }) => license?.id),
  }));
}
