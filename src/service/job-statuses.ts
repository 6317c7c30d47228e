/** Every status that the service sends; `packaging_artifacts` is missing from its API description. What each means is in `ims/job-status.ts`. */
export const jobStatuses = [
  'creating',
  'fetching_image',
  'fetching_recipe',
  'waiting_for_repos',
  'building_image',
  'packaging_artifacts',
  'waiting_on_user',
  'error',
  'success',
] as const
