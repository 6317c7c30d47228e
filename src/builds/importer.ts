import type { Image } from '../ims/records.ts'
import type { WriteContext } from './build-context.ts'
import type { FileImport } from './images-file/entry.ts'

/** Makes an importer; what imports is on the floor above. */
export type OpenImporter = (how: ImporterOptions) => Promise<Importer>

export interface ImporterOptions {
  /** The address of an S3 with credentials of its own. */
  readonly s3Endpoint?: string
  /** Paths start from there. */
  readonly folder: string
  readonly dryRun: boolean
  /** The words of the command that goes on with all images. */
  readonly again: readonly string[]
}

/** Imports images of a file, as `images import` does. */
export interface Importer {
  /** Looks at the files of an image. @throws CliError that names all that can't be used. */
  check(order: FileImport): ImageImport
  close(): Promise<void>
}

/** An image that is to be imported. */
export interface ImageImport {
  readonly arch: Image['arch']
  /** What it comes to by what the service has. @throws CliError where its name is taken */
  plan(write: WriteContext): Promise<PlannedImport>
  /** @throws CliError that says what is left */
  make(write: WriteContext): Promise<Imported>
}

export interface PlannedImport {
  /** The image that is good enough: nothing is to be made. */
  readonly existing?: Image
  /** The writes that it takes, a line each; none where nothing is asked but whether it can be. */
  readonly writes: readonly string[]
}

export interface Imported {
  readonly image: Image
  /** `kept`: it was there. */
  readonly how: 'made' | 'kept'
  /** How it came to that, for a person. */
  readonly text: string
}
