/**
 * How jobs of a recipe or an image end. Not all make sense for both; what doesn't is as `succeeds`. After `no-config` and
 * `killed` a container of the pod has ended, the pod has failed for good, and the job's status stays what it was.
 */
export const endings = [
  'succeeds',
  'fails',
  'out-of-memory',
  'killed',
  'fetch-fails',
  'fetch-crashes',
  'no-config',
  'no-repos',
  'repos-fail',
  'no-kernel',
  'packaging-fails',
  'hangs',
] as const
