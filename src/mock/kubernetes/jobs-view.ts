import { spacedText } from '../json-text.ts'
import type { Mock } from '../library.ts'
import type { Job } from '../records.ts'
import type { JobsView } from './history.ts'

/** The jobs of a mock, as its Kubernetes looks at them. */
export function jobsViewOf({ state, jobs }: Pick<Mock, 'state' | 'jobs'>): JobsView {
  return {
    all: () => state.jobs.values(),
    advance: jobs.advance,
    watch: jobs.watch,
    given({ job_type: type, artifact_id: artifact, public_key_id: key }: Job): Record<string, string> {
      const { public_key = '' } = state.publicKeys.get(key) ?? state.deletedPublicKeys.get(key) ?? {}
      if (type === 'customize') return { public_key }
      const variables = state.recipes.get(artifact)?.template_dictionary ?? []
      return { public_key, template_dictionary: `${spacedText(Object.fromEntries(variables.map(({ key, value }) => [key, value])))}\n` }
    },
  }
}
