import { s3Endpoint } from './artifacts.ts'
import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { dryRun } from './dry-run.ts'
import { eitherName, named, newName } from './image-copies.ts'
import type { InferOptions } from './infer-options.ts'
import { latest } from './latest.ts'
import { inGroup } from './option-groups.ts'
import { distribution, recipeName, recipeType } from './recipe-fields.ts'
import { arch, dkms, recipes, templates } from './records.ts'

const { required: _distribution, ...anyDistribution } = distribution
const { required: _type, ...anyType } = recipeType

const values = [
  ...templates,
  {
    flag: '--template',
    type: 'each',
    placeholder: 'KEY=VALUE',
    help: 'A variable that the recipe is filled in with, and its value; repeatable',
  },
] as const satisfies readonly OptionDefinition[]

const content = [
  {
    flag: '--exclude',
    type: 'each',
    placeholder: 'GLOB',
    help: 'What to leave out of the folder, as a line of .gitignore says it; repeatable',
  },
  { flag: '--yes', type: 'flag', help: 'Accept files that look like secrets' },
] as const satisfies readonly OptionDefinition[]

const uploadIfExists = {
  flag: '--if-exists',
  type: 'choice',
  default: 'fail',
  choices: ['fail', 'skip', 'replace'],
  help: 'What to do if a recipe with that name has other content: fail; skip: print its id; replace: delete it once the new one is complete',
} as const satisfies OptionDefinition

export const uploadOptions = [
  ...inGroup('recipe', [recipeName, { ...anyType, default: 'kiwi-ng' }, { ...anyDistribution, default: 'sles15' }, arch, dkms, ...values]),
  ...inGroup('files', content),
  ...inGroup('recipe', [uploadIfExists]),
  dryRun,
  ...inGroup('connection', [s3Endpoint]),
] as const satisfies readonly OptionDefinition[]

export type UploadOptions = InferOptions<typeof uploadOptions>

/** How a recipe is found and read. */
const finding = [latest, s3Endpoint] as const satisfies readonly OptionDefinition[]

export const checkOptions = [
  ...inGroup('recipe', [
    { ...anyType, help: 'What builds it; by default what its record says, or kiwi-ng' },
    { ...arch, help: 'Architecture that it is for; by default what its record says' },
    ...values,
  ]),
  ...inGroup('files', content),
  { flag: '--repos', type: 'flag', help: 'Ask each repository for its repodata/repomd.xml, as a job does' },
  ...finding,
] as const satisfies readonly OptionDefinition[]

export type CheckOptions = InferOptions<typeof checkOptions>

export const downloadOptions = [
  {
    flag: '--output',
    type: 'path',
    placeholder: 'FILE',
    exclusive: ['--dir'],
    help: 'File for the archive; by default its own name, here',
  },
  { flag: '--dir', type: 'path', placeholder: 'DIR', help: 'Folder to unpack it into: a new or an empty one' },
  ...finding,
] as const satisfies readonly OptionDefinition[]

export const diffRecipesOptions = finding

export const cloneOptions = [
  newName,
  { ...anyType, help: 'What builds it; by default the same' },
  { ...anyDistribution, help: 'Distribution that it builds; by default the same' },
  { ...arch, help: 'Architecture; by default the same' },
  { ...dkms, help: 'Whether building needs DKMS; by default as before' },
  ...templates,
  uploadIfExists,
  dryRun,
  ...finding,
] as const satisfies readonly OptionDefinition[]

export type CloneOptions = InferOptions<typeof cloneOptions>

const source = "A folder, a gzipped tar archive, or a recipe's id or name"

/** What recipes consist of. */
export const recipeArchives: readonly CommandDefinition[] = [
  {
    name: 'upload',
    summary: 'Create a recipe from a folder or an archive',
    about: [
      'Checks the recipe, packs a folder, creates the record, uploads the archive, links it, and prints the id. What .gitignore and .imsignore name, and .git, is left out. The same content gives the same archive.',
      'A recipe that is there already, with the same archive and settings, is not made again: its id is printed. An upload that was cut off is finished by the same command.',
    ],
    arguments: [{ name: 'SOURCE', help: 'A folder, or a gzipped tar archive', complete: 'file' }],
    options: uploadOptions,
    examples: [
      { line: 'cray-ims recipes upload barebones/ --name barebones', does: 'From a folder' },
      {
        line: 'cray-ims recipes upload r.tgz --name r --template RELEASE=25.11 --if-exists replace',
        does: 'In place of the one that is there',
      },
    ],
  },
  {
    name: 'check',
    summary: 'Check whether a recipe can be built',
    about: [
      'Reports all that is wrong with it: config.xml and its repositories, variables without a value, the architecture, paths and links that lead outside, files that look like secrets. Exit code 0 where nothing is, 1 where something is.',
    ],
    arguments: [{ name: 'SOURCE', help: source, record: recipes, complete: 'file' }],
    options: checkOptions,
    examples: [
      { line: 'cray-ims recipes check barebones/ --repos', does: 'A folder, and whether its repositories answer' },
      { line: 'cray-ims recipes check sles15-barebones', does: 'A recipe of the service' },
    ],
  },
  {
    name: 'download',
    summary: "Download a recipe's archive, or unpack it",
    about: ['Prints where it is. An interrupted download is resumed; a file with other content is never overwritten.'],
    arguments: [{ name: 'RECIPE', help: "A recipe's id or name", record: recipes }],
    options: downloadOptions,
    examples: [
      { line: 'cray-ims recipes download barebones --output barebones.tgz', does: 'The archive as it is' },
      { line: 'cray-ims recipes download barebones --dir barebones', does: 'Unpacked' },
    ],
  },
  {
    name: 'diff',
    summary: 'Show how two recipes differ',
    about: [
      "Compares what the records say, then the files: added, removed, changed. Exit code 0 where the recipes don't differ, 1 where they do.",
    ],
    arguments: [
      { name: 'A', help: source, record: recipes, complete: 'file' },
      { name: 'B', help: 'Another', record: recipes, complete: 'file' },
    ],
    options: diffRecipesOptions,
    examples: [{ line: 'cray-ims recipes diff barebones barebones/ --format json', does: 'What a folder would change' }],
  },
  {
    name: 'clone',
    summary: 'Create a recipe with the archive of another',
    about: [
      'Keeps type, distribution, arch, DKMS and variables of the other, unless an option says otherwise: --template-dictionary-key and -value replace all variables. Copies the archive within the S3, and prints the id of the recipe.',
      'A clone that is there already, with the same archive and settings, is not made again: its id is printed. One that was cut off is finished by the same command.',
    ],
    arguments: [{ name: 'RECIPE', help: 'Which recipe: its id, the beginning of it, or its name', record: recipes }, named],
    options: cloneOptions,
    exactlyOne: eitherName,
    examples: [{ line: 'cray-ims recipes clone barebones --name barebones-arm --arch aarch64', does: 'For another architecture' }],
  },
]
