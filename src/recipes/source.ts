import type { Content } from '../s3/content.ts'
import type { Entry } from './entries.ts'

/** What a recipe consists of, wherever that is. */
export interface RecipeSource {
  /** As messages name it. */
  readonly shown: string
  /** Each entry, with a file's content, which is read before the next entry is asked for, or not at all. */
  read(): AsyncIterable<readonly [Entry, AsyncIterable<Buffer>]>
  /** Whether a path was left out of it, by which file or option. */
  leftOut?(path: string): string | undefined
}

/** A recipe that can be uploaded. */
export interface LocalRecipe extends RecipeSource {
  /** Its archive. @throws CliError where it can't be read */
  archive(): Promise<Content>
}

/** The media type of a recipe's archive. */
export const archiveType = 'application/gzip'
