import { createHash } from 'node:crypto'
import { problem, Refused } from './problem.ts'
import type { Link } from './records.ts'
import type { State } from './state.ts'

/**
 * Checks that the artifact store has what a link names. The mock's store has everything but the state's missing
 * artifacts.
 * @throws Refused (422)
 */
export function demandArtifact(state: State, link: Link): void {
  if (!state.missingArtifacts.has(link.path)) return
  throw new Refused(
    problem(
      422,
      `The s3 artifact ${pythonText(link)} cannot be validated. Please determine the specific information that is missing or invalid and then re-run the request with valid information.`,
    ),
  )
}

/**
 * Checks that the manifest of a deleted image can be read.
 * @throws Refused (422)
 */
export function demandManifest(state: State, link: Link): void {
  if (!state.missingArtifacts.has(link.path)) return
  throw new Refused(
    problem(
      422,
      `Unable to read manifest file for the s3 artifact ${pythonText(link)}. Please determine the specific information that is missing or invalid and then re-run the request with valid information.`,
    ),
  )
}

/** A link that was given, as it is kept: the service fills in an empty entity tag. */
export function keptLink({ path, etag = '', type }: Link): Link {
  return { path, etag, type }
}

/** A link to the manifest of an image that a job made. */
export function manifestLink(imageId: string): Link {
  const path = `s3://boot-images/${imageId}/manifest.json`
  return { path, etag: etagOf(path), type: 's3' }
}

/** A link to what the store copied: the entity tag is the copy's own. */
export function copied({ path, etag, type }: Link): Link {
  return { path, etag: etagOf(`${path} ${etag}`), type }
}

/** Where the artifact of a deleted recipe goes: below `deleted/` in its bucket. */
export function deletedLink({ path, ...link }: Link): Link {
  return copied({ ...link, path: path.replace(/^(s3:\/\/[^/]*\/)/, '$1deleted/') })
}

/** Where it comes back to. */
export function restoredLink({ path, ...link }: Link): Link {
  return copied({ ...link, path: path.replace(/^(s3:\/\/[^/]*\/)deleted\//, '$1') })
}

/** What stands for a deleted image's artifacts: a manifest that lists them. Its entity tag isn't kept. */
export function deletedManifestLink(imageId: string): Link {
  return { path: `s3://boot-images/deleted/${imageId}/deleted_manifest.json`, etag: '', type: 's3' }
}

function etagOf(path: string): string {
  return createHash('md5').update(path).digest('hex')
}

// Messages of the service show a link as Python prints a dictionary.
function pythonText(link: Link): string {
  const quoted = (text: string) => (text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`)
  return `{${Object.entries(link)
    .map(([key, value]) => `${quoted(key)}: ${quoted(String(value))}`)
    .join(', ')}}`
}

/** Whether a link is given again as it is kept: the service compares all that was given. */
export function sameLink(kept: Link, link: Link): boolean {
  return kept.path === link.path && kept.etag === link.etag && kept.type === link.type
}
