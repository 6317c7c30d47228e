import type { Image } from '../../ims/records.ts'
import type { Value } from '../../json/value.ts'

/** What an image of a file came to. */
export type Result =
  | { readonly name: string; readonly how: 'made' | 'kept'; readonly image: Image }
  | { readonly name: string; readonly how: 'failed'; readonly why: string }
  | { readonly name: string; readonly how: 'skipped' | 'left running' }

/** Whether there is an image. */
export function hasImage(result: Result): result is Extract<Result, { image: Image }> {
  return 'image' in result
}

/** What is printed of results: name and image of each, and how it came to that. */
export function resultsValue(results: readonly Result[]): Value {
  return results.map(
    (result) =>
      new Map<string, Value>([
        ['name', result.name],
        ['image_id', hasImage(result) ? result.image.id : null],
        ['result', result.how],
      ]),
  )
}
