import type { Records } from './records.ts'

const recipe = (id: string, name: string, arch: string, variables: Record<string, string>, builds?: 'fails') => ({
  id,
  created: '2025-11-04T09:12:41.204518',
  name,
  link: { path: `s3://ims/recipes/${id}/recipe.tar.gz`, etag: `${id.replaceAll('-', '')}-1`, type: 's3' },
  recipe_type: 'kiwi-ng',
  linux_distribution: 'sles15',
  template_dictionary: Object.entries(variables).map(([key, value]) => ({ key, value })),
  require_dkms: false,
  arch,
  ...(builds && { mock: { builds } }),
})

const image = (id: string, name: string, arch: string) => ({
  id,
  created: '2025-11-04T10:03:17.550731',
  name,
  link: { path: `s3://boot-images/${id}/manifest.json`, etag: id.replaceAll('-', ''), type: 's3' },
  arch,
  metadata: {},
})

/** What a mock holds when it is given nothing else: what a freshly installed system has, and a recipe that fails. */
export const defaultSeed: Records = {
  public_keys: [],
  recipes: [
    recipe('5f7c1a52-8f0e-4f5c-9e6b-2d4a1c3b7e01', 'cray-shasta-csm-sles15sp6-barebones.x86_64-26.3.0', 'x86_64', {
      CSM_RELEASE_VERSION: '26.3.0',
    }),
    recipe('a1d0b7e4-63c2-4b8f-8a57-90f2e6c4d102', 'cray-shasta-compute-sles15sp6.x86_64-25.11.2', 'x86_64', {
      COS_VERSION: '25.11.2',
      USS_VERSION: '1.3.0-87',
    }),
    recipe('c93e2f68-17d5-4a6c-b2f0-5b8d7a9e4f03', 'cray-shasta-compute-sles15sp6.aarch64-25.11.2', 'aarch64', {
      COS_VERSION: '25.11.2',
      USS_VERSION: '1.3.0-87',
    }),
    recipe('e6485bd9-0c3a-4d17-9f84-3a6e1d2c8b04', 'cray-shasta-uan-sles15sp6-broken.x86_64-25.11.2', 'x86_64', {}, 'fails'),
  ],
  images: [
    image('0b9d6e3f-5a71-4c28-8d3e-7f1a2b4c6d05', 'cray-shasta-csm-sles15sp6-barebones.x86_64-26.3.0', 'x86_64'),
    image('7e2c4a90-b8f6-4e13-a5d7-1c9f3e5b7a06', 'cray-shasta-compute-sles15sp6.aarch64-25.11.2', 'aarch64'),
  ],
  jobs: [],
  remote_build_nodes: [],
  deleted_public_keys: [],
  deleted_recipes: [],
  deleted_images: [],
  missing_artifacts: ['s3://ims/missing'],
}
