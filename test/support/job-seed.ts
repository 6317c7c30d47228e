import type { Ending, Seed } from '../../src/mock/library.ts'

const link = (path: string) => ({ path: `s3://ims/${path}`, type: 's3' })
const endings: readonly Ending[] = ['succeeds', 'fails', 'packaging-fails', 'hangs']

const recipeOf = (ends: Ending) => `10000000-0000-4000-8000-00000000000${endings.indexOf(ends) + 1}`
const imageOf = (ends: Ending) => `20000000-0000-4000-8000-00000000000${endings.indexOf(ends) + 1}`
const key = '30000000-0000-4000-8000-000000000001'

/** A job that is in a status, and how it would go on from there. */
export interface SeededJob {
  id: string
  name?: string
  type?: 'create' | 'customize'
  ends?: Ending
  debug?: boolean
  jail?: boolean
  created?: string
  status: NonNullable<NonNullable<Seed['jobs']>[number]['status']>
}

/** The whole id that begins with eight hexadecimal digits. */
export const idOf = (beginning: string): string => `${beginning}-0000-4000-8000-000000000001`

/** Records for a mock: jobs, and what they are made of. */
export function seedOf(jobs: readonly SeededJob[], publicKey = 'ssh-ed25519 AAAA'): Seed {
  return {
    public_keys: [{ id: key, name: 'k', public_key: publicKey }],
    recipes: endings.map((builds) => ({
      id: recipeOf(builds),
      name: builds,
      recipe_type: 'kiwi-ng' as const,
      linux_distribution: 'sles15' as const,
      link: link(builds),
      mock: { builds },
    })),
    images: endings.map((builds) => ({ id: imageOf(builds), name: builds, link: link(builds), arch: 'x86_64' as const, mock: { builds } })),
    jobs: jobs.map(
      ({
        id,
        name = 'result',
        type = 'create',
        ends = 'succeeds',
        debug = false,
        jail = false,
        created = '2026-01-02T03:04:05',
        status,
      }) => ({
        id,
        status,
        created,
        job_type: type,
        artifact_id: type === 'create' ? recipeOf(ends) : imageOf(ends),
        public_key_id: key,
        image_root_archive_name: name,
        enable_debug: debug,
        ...(type === 'customize' && { ssh_containers: [{ name: 'customize', jail, status: 'pending' }] as never }),
      }),
    ),
  }
}
