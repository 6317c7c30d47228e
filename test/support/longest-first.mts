import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes long for the size of its file: what runs alone at the end is waited for. */
const long = [
  /golden\/replay|s3\/store|mock\/ssh|command\/image-transfers/,
  /golden\/executable|end-to-end\/scripts|command\/(executable|recipe-archives|image-copies|build-at-once|gateway)/,
  /command\//,
  /ssh\/|kubernetes\/|s3\/|end-to-end\/|mock\//,
]
const rank = ({ moduleId }: TestSpecification): number => {
  const at = long.findIndex((pattern) => pattern.test(moduleId))
  return at < 0 ? long.length : at
}

/** Starts the files that take long first, otherwise in vitest's order. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
