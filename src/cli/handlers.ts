import type { CommandContext } from '../context.ts'
import { artifactsOptions, verifyOptions } from '../definitions/artifacts.ts'
import { undeleteImagesOptions, undeleteOptions } from '../definitions/deleted.ts'
import { editDictionaryOptions } from '../definitions/edit-dictionary.ts'
import type { CommandDefinition, OptionDefinition } from '../definitions/definition.ts'
import { buildOptions, customizeOptions } from '../definitions/image-builds.ts'
import { copyOptions, renameOptions } from '../definitions/image-copies.ts'
import { diffOptions, exportOptions, importOptions } from '../definitions/image-transfers.ts'
import { pruneImagesOptions, pruneOptions, removeImagesOptions, removeOptions } from '../definitions/prune.ts'
import type { InferOptions } from '../definitions/infer-options.ts'
import { debugOptions, logsOptions, releaseOptions, waitOptions } from '../definitions/job-shells.ts'
import { mockOptions } from '../definitions/mock.ts'
import { checkOptions, cloneOptions, diffRecipesOptions, downloadOptions, uploadOptions } from '../definitions/recipe-archives.ts'
import { describeConfigOptions, initOptions, loginOptions } from '../definitions/site.ts'

/** What runs a command: its module's `run`. */
interface Module<Options, Arguments> {
  readonly run: (context: CommandContext, options: Options, args: Arguments) => Promise<number | void>
}

/** A module's `run` as it is called, with what its definition gives it. */
export type Handler = Module<Record<string, unknown>, Record<string, string>>

type Loader = () => Promise<Handler>

/** The options that a command takes and that its definition doesn't give: none. */
type Unknown<Options, Rows extends readonly OptionDefinition[]> = Exclude<keyof Options, keyof InferOptions<Rows>>

/** A loader of a command whose options are those of its definition, so that a renamed flag breaks the build. */
const taking =
  <const Rows extends readonly OptionDefinition[]>(_definition: Rows) =>
  <Options, Arguments>(
    load: [InferOptions<Rows>, Unknown<Options, Rows>] extends [Options, never] ? () => Promise<Module<Options, Arguments>> : never,
  ): Loader =>
    load as unknown as Loader

const none = taking([])

/** By the words that lead to a command. Those of the original that only send a request aren't here. */
const handlers: Readonly<Record<string, Loader>> = {
  build: taking(buildOptions)(() => import('../commands/build.ts')),
  customize: taking(customizeOptions)(() => import('../commands/customize.ts')),
  mock: taking(mockOptions)(() => import('../commands/mock.ts')),
  completion: none(() => import('../commands/completion.ts')),
  init: taking(initOptions)(() => import('../commands/init.ts')),
  'auth login': taking(loginOptions)(() => import('../commands/auth/login.ts')),
  'auth status': none(() => import('../commands/auth/status.ts')),
  'auth logout': none(() => import('../commands/auth/logout.ts')),
  doctor: none(() => import('../commands/doctor.ts')),
  'config use': none(() => import('../commands/config/use.ts')),
  'config list': none(() => import('../commands/config/list.ts')),
  'config describe': taking(describeConfigOptions)(() => import('../commands/config/describe.ts')),
  'config get': none(() => import('../commands/config/get.ts')),
  'config set': none(() => import('../commands/config/set.ts')),
  'config unset': none(() => import('../commands/config/unset.ts')),
  'images artifacts': taking(artifactsOptions)(() => import('../commands/images/artifacts.ts')),
  'images undelete': taking(undeleteImagesOptions)(() => import('../commands/images/undelete.ts')),
  'recipes edit-dictionary': taking(editDictionaryOptions)(() => import('../commands/recipes/edit-dictionary.ts')),
  'recipes undelete': taking(undeleteOptions)(() => import('../commands/recipes/undelete.ts')),
  'public-keys undelete': taking(undeleteOptions)(() => import('../commands/public-keys/undelete.ts')),
  'images prune': taking(pruneImagesOptions)(() => import('../commands/images/prune.ts')),
  'recipes prune': taking(pruneOptions)(() => import('../commands/prune.ts')),
  'images delete': taking(removeImagesOptions)(() => import('../commands/images/delete.ts')),
  'recipes delete': taking(removeOptions)(() => import('../commands/delete.ts')),
  'jobs delete': taking(removeOptions)(() => import('../commands/delete.ts')),
  'jobs prune': taking(pruneOptions)(() => import('../commands/prune.ts')),
  'images verify': taking(verifyOptions)(() => import('../commands/images/verify.ts')),
  'images import': taking(importOptions)(() => import('../commands/images/import.ts')),
  'images export': taking(exportOptions)(() => import('../commands/images/export.ts')),
  'images diff': taking(diffOptions)(() => import('../commands/images/diff.ts')),
  'images copy': taking(copyOptions)(() => import('../commands/images/copy.ts')),
  'images rename': taking(renameOptions)(() => import('../commands/images/rename.ts')),
  'recipes clone': taking(cloneOptions)(() => import('../commands/recipes/clone.ts')),
  'recipes upload': taking(uploadOptions)(() => import('../commands/recipes/upload.ts')),
  'recipes check': taking(checkOptions)(() => import('../commands/recipes/check.ts')),
  'recipes download': taking(downloadOptions)(() => import('../commands/recipes/download.ts')),
  'recipes diff': taking(diffRecipesOptions)(() => import('../commands/recipes/diff.ts')),
  'jobs debug': taking(debugOptions)(() => import('../commands/jobs/debug.ts')),
  'jobs complete': taking(releaseOptions)(() => import('../commands/jobs/complete.ts')),
  'jobs fail': taking(releaseOptions)(() => import('../commands/jobs/fail.ts')),
  'jobs wait': taking(waitOptions)(() => import('../commands/jobs/wait.ts')),
  'jobs logs': taking(logsOptions)(() => import('../commands/jobs/logs.ts')),
}

/**
 * What runs a command.
 *
 * @param words that lead to it, without `ims`.
 */
export async function loadHandler(words: readonly string[], definition: CommandDefinition): Promise<Handler> {
  const own = handlers[words.join(' ')]
  if (own) return own()
  if (!definition.request) throw new Error(`nothing runs ${words.join(' ')}`)
  return definition.deletesAll
    ? ((await import('../commands/deleteall.ts')) as Handler)
    : ((await import('../commands/request.ts')) as Handler)
}
