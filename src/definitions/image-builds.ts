import { s3Endpoint } from './artifacts.ts'
import { dryRun } from './dry-run.ts'
import { importKeys } from './image-transfers.ts'
import { latest } from './latest.ts'
import type { InferOptions } from './infer-options.ts'
import { interval, reaching } from './job-shells.ts'
import { inGroup } from './option-groups.ts'
import { arch, buildEnvSize, dkms, images, initrd, jobMemSize, jobs, kernel, kernelParameters, recipes } from './records.ts'
import type { CommandDefinition, OptionDefinition, Resume } from './definition.ts'

const ifExists = ['fail', 'skip', 'replace'] as const
const onFailure = ['shell', 'keep', 'delete'] as const

/** An option of the making of images: each says what becomes of it when a build is resumed. */
type BuildOption = OptionDefinition & ({ readonly field: string } | { readonly resume: Resume })

const name = {
  flag: '--name',
  type: 'text',
  placeholder: 'IMAGE',
  required: true,
  group: 'image',
  resume: 'once',
  help: 'Name of the image that is made',
} as const satisfies BuildOption

/** What an image is made from, told apart where several have its name. */
const choosing = [
  { flag: arch.flag, type: arch.type, choices: arch.choices, group: 'image', resume: 'order', help: 'Only one of this architecture' },
  { ...latest, group: 'image', resume: 'order' },
] as const satisfies readonly BuildOption[]

/** What is asked of every image: options of both commands, and keys in a file of images. */
const ordering = [
  ...choosing,
  {
    flag: '--public-key',
    type: 'path',
    placeholder: 'FILE',
    affectsImage: false,
    group: 'connection',
    resume: 'shell',
    help: "Public key for the job's shell; by default the first of ~/.ssh/id_ed25519.pub, id_ecdsa.pub and id_rsa.pub, else the agent's",
  },
  ...inGroup('job', [buildEnvSize, jobMemSize]),
  ...inGroup('image', [initrd, kernel, kernelParameters]),
  ...inGroup('job', [dkms]),
  {
    flag: '--if-exists',
    type: 'choice',
    choices: ifExists,
    default: 'fail',
    group: 'image',
    affectsImage: false,
    resume: 'always',
    resumeValues: ['replace'],
    help: 'Where an image has that name: fail, print its id, or delete it once the new one is made',
  },
  {
    flag: '--new',
    type: 'flag',
    group: 'job',
    affectsImage: false,
    resume: 'order',
    help: 'Create a new job, even if an unfinished one makes the same image',
  },
  {
    flag: '--on-failure',
    type: 'choice',
    choices: onFailure,
    choicesWith: {
      '--file': { choices: ['keep', 'delete'], why: 'images are made side by side, and there is no terminal for each' },
    },
    twice: '--without-logs',
    group: 'failure',
    affectsImage: false,
    resume: 'always',
    fileHelp: 'What becomes of a job that fails; kept by default',
    help: 'What becomes of a job that fails; asked in a terminal, else keep',
  },
  {
    flag: '--without-logs',
    type: 'flag',
    group: 'failure',
    affectsImage: false,
    resume: 'always',
    help: "Delete a failed job even if its logs can't be saved; so does --on-failure delete, given twice",
  },
  { flag: '--keep-job', type: 'flag', group: 'job', affectsImage: false, resume: 'always', help: 'Do not delete the job after success' },
] as const satisfies readonly BuildOption[]

const debug = {
  flag: '--debug',
  type: 'flag',
  group: 'failure',
  affectsImage: false,
  resume: 'order',
  help: 'Open a shell if the build fails; in a terminal always',
  fileHelp: 'Let the job wait with a shell if the build fails',
} as const satisfies BuildOption

const customising = [
  // What it holds is compared in its place.
  {
    flag: '--script',
    type: 'path',
    placeholder: 'FILE',
    affectsImage: false,
    exclusive: ['--run'],
    group: 'image',
    resume: 'shell',
    help: 'Script to run in the image root; its exit code decides whether the result is kept',
  },
  {
    flag: '--run',
    type: 'text',
    placeholder: 'COMMAND',
    group: 'image',
    resume: 'shell',
    help: 'Command to run there instead of a script',
  },
] as const satisfies readonly BuildOption[]

const jail = {
  flag: '--jail',
  type: 'flag',
  exclusive: ['--no-jail'],
  group: 'connection',
  resume: 'order',
  help: 'Confine the shell to the image root; for a script or command the default',
} as const satisfies BuildOption

const noJail = {
  flag: '--no-jail',
  type: 'flag',
  group: 'connection',
  resume: 'order',
  help: 'Do not confine it',
} as const satisfies BuildOption

/** What a job that is there has already: said to `--resume`, it would do nothing. */
const settled = (options: readonly BuildOption[]): string[] =>
  options.filter((option) => (option.resume ?? 'order') === 'order').map(({ flag }) => flag)

/** How the making of images is looked after, on the command line alone. */
const supervision = [
  {
    flag: '--resume',
    type: 'text',
    placeholder: 'JOB',
    record: jobs,
    exclusive: ['--dry-run', ...settled([...ordering, debug, jail, noJail])],
    group: 'job',
    resume: 'once',
    help: 'Resume a job, unfinished or ended',
  },
  { flag: '--logs', type: 'flag', resume: 'always', group: 'job', help: "Show the lines of the job's containers, through kubectl" },
  {
    flag: '--cancel-on-interrupt',
    type: 'flag',
    group: 'job',
    resume: 'always',
    help: 'Delete the job on Ctrl-C, SIGTERM or SIGHUP, in place of leaving it running',
  },
  { ...dryRun, resume: 'once' },
  {
    flag: '--timeout',
    type: 'duration',
    placeholder: 'TIME',
    default: '4h',
    group: 'job',
    resume: 'once',
    help: 'Longest wait for the job',
  },
  { ...interval, group: 'job', resume: 'once' },
  ...reaching,
] as const satisfies readonly BuildOption[]

export const buildOptions = [
  { ...name, dependsOn: 'RECIPE' },
  ...ordering,
  debug,
  ...supervision,
  {
    flag: '--file',
    short: '-f',
    type: 'path',
    placeholder: 'FILE',
    group: 'files',
    resume: 'once',
    help: 'Make the images of this file: YAML, TOML or JSON',
  },
  {
    flag: '--parallel',
    type: 'count',
    group: 'files',
    placeholder: 'N',
    default: '4',
    min: 1,
    dependsOn: '--file',
    resume: 'order',
    help: 'How many at once',
  },
  { ...s3Endpoint, dependsOn: '--file', group: 'connection', resume: 'order' },
  { flag: '--print-schema', type: 'flag', group: 'files', resume: 'once', help: 'Print the JSON Schema of such a file' },
] as const satisfies readonly BuildOption[]

export const customizeOptions = [
  { ...name, dependsOn: 'IMAGE' },
  ...ordering,
  ...customising,
  jail,
  noJail,
  ...supervision,
] as const satisfies readonly BuildOption[]

/** What `build` is given. */
export type BuildOptions = InferOptions<typeof buildOptions>

/** What `customize` is given. */
export type CustomizeOptions = InferOptions<typeof customizeOptions>

/** Keys of an image in a file, besides its name and what it is made from; those of a build, a customisation, and an import. */
export const imageKeys = { recipe: [...ordering, debug], base: [...ordering, ...customising, jail], import: importKeys } as const

/** Makes images: each command does what the manual takes a page of commands for. */
export const imageBuilds: readonly CommandDefinition[] = [
  {
    name: 'build',
    summary: 'Build an image from a recipe',
    about: [
      "Finds the recipe and your public key (and uploads that if it isn't there), creates the job, follows it, checks the image and deletes the job. Prints the id of the image. When the build fails it says why, and in a terminal offers the job's shell.",
      'Can be interrupted at any time: the same command, or --resume, resumes the job.',
      'With --file it makes several images, each from a recipe, from another image, or of files, in the order that they need each other.',
    ],
    arguments: [{ name: 'RECIPE', help: "A recipe's id or name", record: recipes, optional: true }],
    options: buildOptions,
    exactlyOne: ['RECIPE', '--resume', '--file', '--print-schema'],
    examples: [
      { line: 'IMAGE=$(cray-ims build sles15-barebones --name compute)', does: 'From the recipe to the id of its image' },
      { line: 'cray-ims build --resume ad51', does: 'Resume a job' },
      { line: 'cray-ims build --file images.yaml --parallel 2', does: 'Several images' },
    ],
  },
  {
    name: 'customize',
    summary: 'Make an image from another',
    about: [
      'Creates the job, waits for its shell and opens it, or runs a script or command in the image root, with its output on stderr. Then waits for the new image, checks it and deletes the job. Prints the id of the image.',
    ],
    arguments: [{ name: 'IMAGE', help: 'The id or name of the image to start from', record: images, optional: true }],
    options: customizeOptions,
    exactlyOne: ['IMAGE', '--resume'],
    examples: [
      { line: "cray-ims customize compute --name compute-ssh --run 'systemctl enable sshd'", does: 'By a command' },
      { line: 'cray-ims customize compute --name compute-mine', does: 'By hand, in its shell' },
    ],
  },
]
