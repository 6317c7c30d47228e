import { latest } from './latest.ts'
import type { CommandDefinition, OptionDefinition } from './definition.ts'
import { arch, images } from './records.ts'

export const s3Endpoint = {
  flag: '--s3-endpoint',
  type: 'text',
  placeholder: 'URL',
  help: 'An S3 with credentials of the usual AWS variables or files, in place of the one that the system gives credentials for',
} as const satisfies OptionDefinition

/** An image, told apart where several have its name. */
export const choosing = [
  { flag: arch.flag, type: arch.type, choices: arch.choices, help: 'Only one of this architecture' },
  latest,
] as const satisfies readonly OptionDefinition[]

/** What an image may consist of. */
export const artifactNames = ['kernel', 'initrd', 'rootfs', 'boot_parameters'] as const

export const artifactsOptions = [
  {
    flag: '--type',
    type: 'choice',
    choices: [...artifactNames, 'manifest'],
    help: 'Only this one',
  },
  {
    flag: '--for',
    type: 'choice',
    choices: ['bos', 'bss'],
    help: 'What a boot set of BOS (path, etag, type) or boot parameters of BSS (kernel, initrd, params) take',
  },
  ...choosing,
  s3Endpoint,
] as const satisfies readonly OptionDefinition[]

export const verifyOptions = [
  { flag: '--content', type: 'flag', help: 'Read every artifact, and compare its md5 sum' },
  ...choosing,
  s3Endpoint,
] as const satisfies readonly OptionDefinition[]

/** What an image consists of. */
export const imageArtifacts: readonly CommandDefinition[] = [
  {
    name: 'artifacts',
    summary: 'Show what an image consists of, and where that is',
    about: [
      'Reads the manifest and looks at each artifact: type, path, etag, md5 and size in bytes. A path is never empty: what the image lacks is an error, with exit code 2.',
    ],
    arguments: [{ name: 'IMAGE', help: "An image's id or name", record: images }],
    options: artifactsOptions,
    examples: [
      { line: 'cray-ims images artifacts compute --format json', does: 'All of them' },
      { line: 'cray-ims images artifacts compute --type kernel --query path', does: 'Where its kernel is' },
      { line: 'cray-ims images artifacts compute --for bos', does: 'For a boot set' },
    ],
  },
  {
    name: 'verify',
    summary: 'Check that images are complete',
    about: [
      'Checks the record, its link, the manifest, and that every artifact is there with the etag and md5 sum of the manifest. Exit code 0 where all images are complete, 1 where one is not.',
    ],
    arguments: [{ name: 'IMAGE', help: 'Ids or names of images', record: images, many: true }],
    options: verifyOptions,
    examples: [{ line: 'cray-ims images verify compute login', does: 'Two images' }],
  },
]
