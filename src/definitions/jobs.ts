import { pruneJobs, removeJobs } from './prune.ts'
import { buildEnvSize, dkms, images, initrd, jobMemSize, jobs, jobTypes, kernel, kernelParameters, publicKeys, recipes } from './records.ts'
import type { GroupDefinition, OptionDefinition } from './definition.ts'
import { jobStatuses } from '../service/job-statuses.ts'
import { jobShells } from './job-shells.ts'
import { latest } from './latest.ts'
import { inGroup } from './option-groups.ts'
import { create, describe, list, removeAll } from './verbs.ts'

const creating: readonly OptionDefinition[] = [
  {
    flag: '--artifact-id',
    type: 'text',
    group: 'image',
    field: 'artifact_id',
    required: true,
    record: { by: '--job-type', kinds: { create: recipes, customize: images } },
    help: 'Recipe to build (create) or image to change (customize), by id; in a terminal, or with --latest, also by name',
  },
  {
    flag: '--image-root-archive-name',
    type: 'text',
    group: 'image',
    field: 'image_root_archive_name',
    check: 'name',
    required: true,
    help: 'Name of the resulting image',
  },
  {
    flag: '--job-type',
    type: 'choice',
    group: 'job',
    field: 'job_type',
    required: true,
    choices: jobTypes,
    help: 'Build a recipe, or change an image',
  },
  {
    flag: '--public-key-id',
    type: 'text',
    group: 'connection',
    field: 'public_key_id',
    required: true,
    record: publicKeys,
    help: 'Public key that opens its shell, by id; in a terminal, or with --latest, also by name',
  },
  ...inGroup('job', [buildEnvSize, jobMemSize]),
  { flag: '--enable-debug', type: 'boolean', group: 'job', field: 'enable_debug', help: 'Open a shell if the build fails' },
  ...inGroup('image', [
    { ...initrd, check: 'name' },
    { ...kernel, check: 'name' },
    { ...kernelParameters, check: 'name' },
  ]),
  ...inGroup('job', [dkms]),
  {
    flag: '--ssh-containers-jail',
    type: 'booleans',
    group: 'connection',
    field: 'ssh_containers[].jail',
    help: 'Whether the shell is confined to the image root',
  },
  {
    flag: '--ssh-containers-name',
    type: 'texts',
    group: 'connection',
    field: 'ssh_containers[].name',
    help: 'Name of the container that has the shell',
  },
  latest,
]

const picking: readonly OptionDefinition[] = [
  { flag: '--age', type: 'text', field: 'age', check: 'age', placeholder: 'AGE', help: 'Only jobs older than this: 7d, 12h' },
  { flag: '--job-type', type: 'choice', field: 'job_type', choices: jobTypes, help: 'Only jobs of this type' },
  {
    flag: '--status',
    type: 'each',
    field: 'status',
    placeholder: 'STATUS',
    choices: jobStatuses,
    help: 'Only jobs in this status; repeatable',
  },
]

export const jobsGroup: GroupDefinition = {
  name: 'jobs',
  summary: 'Builds and customisations, running and ended',
  commands: [
    list(jobs),
    create(jobs, creating, '--job-type create --artifact-id RECIPE_ID --public-key-id KEY_ID --image-root-archive-name compute'),
    removeAll(jobs, picking, '--status success --age 7d --yes'),
    describe(jobs),
    removeJobs,
    pruneJobs,
    ...jobShells,
  ],
}
