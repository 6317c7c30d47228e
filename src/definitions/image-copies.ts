import { choosing, s3Endpoint } from './artifacts.ts'
import type { ArgumentDefinition, CommandDefinition, OptionDefinition } from './definition.ts'
import { dryRun } from './dry-run.ts'
import { importIfExists } from './image-transfers.ts'
import { images } from './records.ts'

/** The name of what is made; as an argument, too, as `mv` takes it. */
export const newName = {
  flag: '--name',
  type: 'text',
  placeholder: 'NAME',
  check: 'not-empty',
  help: 'Its new name',
} as const satisfies OptionDefinition

export const named = { name: 'NEW_NAME', help: 'Its new name, in place of --name', optional: true } as const satisfies ArgumentDefinition

/** Of these exactly one is given. */
export const eitherName = [newName.flag, named.name] as const

const which = {
  name: 'IMAGE',
  help: 'Which image: its id, the beginning of it, or its name',
  record: images,
} as const satisfies ArgumentDefinition

export const copyOptions = [newName, ...choosing, importIfExists, dryRun, s3Endpoint] as const satisfies readonly OptionDefinition[]

export const renameOptions = [newName, ...choosing, dryRun, s3Endpoint] as const satisfies readonly OptionDefinition[]

/** Images that are made of others as they are. */
export const imageCopies: readonly CommandDefinition[] = [
  {
    name: 'copy',
    summary: 'Make an image with the content of another',
    about: [
      'Creates a record with the arch and metadata of the other, copies its artifacts within the S3, checks them, and links a manifest of its own. Prints the id of the image. An image of that name with the same content is recognised: nothing is written, and its id is printed.',
      'Can be interrupted at any time: the same command resumes it, and copies nothing twice.',
    ],
    arguments: [which, named],
    options: copyOptions,
    exactlyOne: eitherName,
    examples: [{ line: 'cray-ims images copy compute --name compute-backup', does: 'Prints the id of the copy' }],
  },
  {
    name: 'rename',
    summary: 'Give an image another name, and so another id',
    about: [
      'The service can change no name: makes a copy, as images copy does, checks it, and deletes the old image, which images undelete brings back. Prints the id of the new one. What boots by the old id or paths (BOS session templates, BSS boot parameters) has to be changed. An image that an unfinished job uses is refused.',
      'Can be interrupted at any time: the same command resumes it. The old image is there until the new one is complete.',
    ],
    arguments: [which, named],
    options: renameOptions,
    exactlyOne: eitherName,
    examples: [
      { line: 'cray-ims images rename compute --name compute-old', does: 'Prints its new id' },
      { line: 'cray-ims images rename compute compute-old --dry-run', does: 'What would be sent' },
    ],
  },
]
