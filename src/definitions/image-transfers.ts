import { artifactNames, choosing, s3Endpoint } from './artifacts.ts'
import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { dryRun } from './dry-run.ts'
import { inGroup } from './option-groups.ts'
import { arch, images } from './records.ts'

/** The names by which the files of an image are known in a folder: those that builds give them, as patterns. */
export const usualNames = {
  rootfs: ['rootfs', '*.squashfs'],
  kernel: ['kernel', 'vmlinuz*', 'Image*', '*.kernel'],
  initrd: ['initrd*', 'initramfs*'],
  boot_parameters: ['boot_parameters', 'kernel-parameters'],
} as const satisfies Readonly<Record<(typeof artifactNames)[number], readonly string[]>>

export const importIfExists = {
  flag: '--if-exists',
  type: 'choice',
  choices: ['fail', 'skip'],
  default: 'fail',
  help: 'Where a different image has that name: fail, or print its id',
} as const satisfies OptionDefinition

/** What an image is imported from: options of `images import`, and keys of `import` in a file of images. */
export const importSources = [
  { flag: '--rootfs', type: 'path', placeholder: 'FILE', check: 'not-empty', group: 'files', help: 'Its root file system: a squashfs' },
  { flag: '--kernel', type: 'path', placeholder: 'FILE', check: 'not-empty', group: 'files', help: 'Its kernel' },
  { flag: '--initrd', type: 'path', placeholder: 'FILE', check: 'not-empty', group: 'files', help: 'Its initrd' },
  {
    flag: '--boot-parameters',
    type: 'path',
    placeholder: 'FILE',
    check: 'not-empty',
    group: 'files',
    help: 'A file with its kernel parameters',
  },
  {
    flag: '--from-dir',
    type: 'path',
    placeholder: 'FOLDER',
    check: 'not-empty',
    group: 'files',
    help: 'A folder with these files: from images export, or named as builds name them',
  },
] as const satisfies readonly OptionDefinition[]

/** Of these exactly one is given. */
export const importFrom = ['--rootfs', '--from-dir'] as const

/** What else is said of an image that is imported: options, and keys of an image in a file. */
export const importKeys = inGroup('image', [
  arch,
  {
    flag: '--metadata',
    type: 'each',
    placeholder: 'KEY=VALUE',
    fileHelp: 'Notes on the image: a map of texts',
    help: 'A note on the image; repeatable',
  },
  importIfExists,
])

export const importOptions = [
  {
    flag: '--name',
    type: 'text',
    placeholder: 'IMAGE',
    check: 'not-empty',
    group: 'image',
    help: 'Its name; with --from-dir, by default that of the export',
  },
  ...importSources,
  ...importKeys,
  dryRun,
  ...inGroup('connection', [s3Endpoint]),
] as const satisfies readonly OptionDefinition[]

export const exportOptions = [
  {
    flag: '--dir',
    type: 'path',
    placeholder: 'FOLDER',
    required: true,
    check: 'not-empty',
    help: 'Folder for them; created if it does not exist',
  },
  { flag: '--type', type: 'each', choices: artifactNames, placeholder: 'TYPE', help: 'Only this artifact; repeatable' },
  ...choosing,
  s3Endpoint,
] as const satisfies readonly OptionDefinition[]

export const diffOptions = [...choosing, s3Endpoint] as const satisfies readonly OptionDefinition[]

/** Images that come from elsewhere, go elsewhere, or are compared. */
export const imageTransfers: readonly CommandDefinition[] = [
  {
    name: 'import',
    summary: 'Make an image from files',
    about: [
      'Checks the files, creates the record, uploads the files and a manifest, and links that to the record. Prints the id of the image. An image of that name, arch and content is recognised: nothing is written, and its id is printed.',
      'Can be interrupted at any time: the same command resumes it, and uploads nothing twice.',
      `In a folder these names are known: ${Object.values(usualNames)
        .map((names) => names.join(', '))
        .join('; ')}.`,
    ],
    options: importOptions,
    exactlyOne: importFrom,
    examples: [
      { line: 'cray-ims images import --name compute --rootfs rootfs.squashfs --kernel vmlinuz --initrd initrd', does: 'Prints its id' },
      { line: 'cray-ims images import --from-dir compute', does: 'What images export wrote, also on another system' },
    ],
  },
  {
    name: 'export',
    summary: 'Download an image into a folder',
    about: [
      'Downloads what the manifest names, compares the md5 sums, and writes image.json beside it, so that images import --from-dir makes the same image on another system. What is there already is not downloaded again, an interrupted download is resumed, and a different file is never replaced.',
    ],
    arguments: [{ name: 'IMAGE', help: "An image's id or name", record: images }],
    options: exportOptions,
    examples: [
      { line: 'cray-ims images export compute --dir compute', does: 'All that it consists of' },
      { line: 'cray-ims images export compute --dir boot --type kernel --type initrd', does: 'Two artifacts' },
    ],
  },
  {
    name: 'diff',
    summary: 'Compare two images',
    about: [
      'Compares name, arch and metadata of the records, md5 and size of the artifacts, and the kernel parameters word by word (but metal.server, which says where the image is). Prints what differs. Exit code 0 where nothing does, 1 where something does.',
    ],
    arguments: [
      { name: 'IMAGE', help: "An image's id or name", record: images },
      { name: 'OTHER_IMAGE', help: 'The image to compare it with', record: images },
    ],
    options: diffOptions,
    examples: [{ line: 'cray-ims images diff compute compute-new --format json', does: 'As JSON' }],
  },
]
