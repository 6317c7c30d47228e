import { createIdempotently } from '../builds/create-idempotently.ts'
import type { WriteContext } from '../builds/build-context.ts'
import { isInterruption, sayingHowToGoOn } from '../builds/go-on.ts'
import { listRecords } from '../ims/fetch-records.ts'
import { deleteIfPresent, retryWhileUnavailable } from '../builds/retry-while-unavailable.ts'
import { withWrites } from '../builds/with-writes.ts'
import { requestLine } from '../builds/planned-writes.ts'
import { printMade } from '../builds/print-made.ts'
import type { CommandContext } from '../context.ts'
import { deletedRecipes, recipes } from '../definitions/records.ts'
import { CliError } from '../errors.ts'
import type { ApiRequest } from '../ims/api.ts'
import { isEarlier } from '../ims/created.ts'
import { readRecord } from '../ims/read-record.ts'
import type { Link, Recipe } from '../ims/records.ts'
import { deleteRequest, updateRequest } from '../ims/requests.ts'
import { toValue } from '../json/value.ts'
import { recipeFile, recipeLocation } from '../s3/artifacts.ts'
import type { Content, StoredContent } from '../s3/content.ts'
import { s3Url } from '../s3/location.ts'
import type { ObjectStore } from '../s3/store.ts'
import { transferProgress } from '../terminal/transfer-progress.ts'
import { archiveMd5 } from './recipe-archive.ts'
import { planUpload, settingsChanged, type IfExists, type UploadPlan, type WantedRecipe } from './upload-plan.ts'

/** A recipe that is to be uploaded. */
export interface RecipeUpload {
  readonly wanted: WantedRecipe
  /** Its archive, or that of another recipe, which is copied. */
  readonly content: Content | StoredContent
  /** Creates its record, without a link. */
  readonly create: ApiRequest
  readonly ifExists: IfExists
  readonly dryRun: boolean
  /** The S3, connected once it is needed. */
  store(): Promise<ObjectStore>
  /** The same command, to go on with it. */
  readonly again: readonly string[]
}

interface Uploading extends WriteContext {
  readonly upload: RecipeUpload
  /** How far it has got, for whoever is interrupted. */
  readonly state: { record?: Recipe; isComplete?: true }
}

/**
 * Creates a recipe with its archive, once, and prints its id. What another run has left is finished.
 *
 * @throws CliError before anything is written where the name is taken; else one that says what is left, and how to go on.
 */
export function uploadRecipe(context: CommandContext, upload: RecipeUpload): Promise<number> {
  return withWrites(context, async (write) => {
    const work: Uploading = { ...write, upload, state: {} }
    try {
      return await run(work)
    } catch (error) {
      work.progress.stop()
      throw error instanceof CliError ? explained(work, error) : error
    }
  })
}

async function run(work: Uploading): Promise<number> {
  const { context, api, progress, upload } = work
  if (progress.isInteractive) progress.update('reading what the service has')
  const { records, odd } = await retryWhileUnavailable(work, () => listRecords(api, 'recipe'))
  const named = records.filter(({ name }) => name === upload.wanted.name)
  const found = []
  for (const recipe of named) found.push({ recipe, md5: recipe.link ? await archiveMd5(await upload.store(), recipe.link) : undefined })
  const plan = planUpload(found, upload.wanted, upload.ifExists, odd)
  if (upload.dryRun) {
    for (const line of plannedRequests(upload, plan)) await context.io.stdout.write(`${line}\n`)
    return plan.existing ? printMade(context, plan.existing) : 0
  }
  if (plan.existing) progress.log(`Recipe ${plan.existing.id} is there: nothing is ${'from' in upload.content ? 'copied' : 'uploaded'}`)
  const complete = plan.existing ?? (await make(work, plan, records))
  work.state.record = complete
  work.state.isComplete = true
  progress.stop()
  const code = await printMade(context, complete)
  for (const recipe of plan.replaces) await remove(work, recipe)
  return code
}

async function make(work: Uploading, { unfinished }: UploadPlan, before: readonly Recipe[]): Promise<Recipe> {
  const { context, api, progress, upload } = work
  const { content, wanted } = upload
  const store = await upload.store()
  if (unfinished) progress.log(`Resuming recipe ${unfinished.id}: it has no archive yet`)
  else if (progress.isInteractive) progress.update(`creating recipe ${wanted.name}`)
  // A store that doesn't let us in is found out before there is a record.
  if (!unfinished) await store.head(recipeLocation(newId, recipeFile))
  const record = unfinished ?? (await createOnce(work, before))
  work.state.record = record
  const transfer = transferProgress(
    { progress, monotonic: context.io.monotonic },
    { what: `${'from' in content ? 'copy' : 'upload'} of recipe ${wanted.name}`, total: content.size },
  )
  const { location, etag } = await store.upload(recipeLocation(record.id, recipeFile), content, transfer.update)
  transfer.done()
  const link: Link = { path: s3Url(location), etag, type: 's3' }
  // The same change may be made again.
  const change = toValue({ link, ...settingsChanged(record, wanted) })
  const answer = await retryWhileUnavailable(work, () => api.send(updateRequest(recipes, record.id, change)))
  return readRecord('recipe', answer, `recipe ${record.id}`)
}

/** Creates the record. Of two runs that have just done so, the later one deletes its own, and both go on with the earlier one. */
async function createOnce(work: Uploading, before: readonly Recipe[]): Promise<Recipe> {
  const { api, upload, state, tell } = work
  const known = new Set(before.map(({ id }) => id))
  const ofOurs = async () =>
    (await listRecords(api, 'recipe')).records.filter(
      (one) =>
        !known.has(one.id) &&
        one.name === upload.wanted.name &&
        one.recipe_type === upload.wanted.recipe_type &&
        !Object.keys(settingsChanged(one, upload.wanted)).length,
    )
  const ours = await createIdempotently(work, {
    what: `recipe ${upload.wanted.name}`,
    kind: recipes,
    request: upload.create,
    read: (answer) => readRecord('recipe', answer),
    find: ofOurs,
  })
  state.record = ours
  const [first] = (await retryWhileUnavailable(work, ofOurs)).toSorted((one, other) => (isEarlier(one, other) ? -1 : 1))
  if (!first || first.id === ours.id) return ours
  // Nothing was uploaded for it that could be brought back.
  for (const of of [recipes, deletedRecipes]) await deleteIfPresent(work, of, ours.id)
  tell(`Recipe ${ours.id} is deleted: ${first.id} was created a moment before, by the same command`)
  return first
}

async function remove(work: Uploading, recipe: Recipe): Promise<void> {
  const { context, tell } = work
  await deleteIfPresent(work, recipes, recipe.id)
  tell(`Recipe ${recipe.id} is deleted; to bring it back: ${context.commandLine('recipes', 'undelete', recipe.id)}`)
}

/** What stands for an id that is yet to be given. */
const newId = 'NEW_RECIPE_ID'

/** The writes that an upload would send, a line each. */
function plannedRequests({ create, content, wanted }: RecipeUpload, { existing, unfinished, replaces }: UploadPlan): string[] {
  const id = unfinished?.id ?? newId
  const path = s3Url(recipeLocation(id, recipeFile))
  const change = { link: { path, etag: content.md5, type: 's3' }, ...(unfinished && settingsChanged(unfinished, wanted)) }
  return [
    ...(existing || unfinished ? [] : [requestLine(create)]),
    ...(existing
      ? []
      : [
          `PUT ${path} (${'from' in content ? `copy of ${s3Url(content.from.location)}, ` : ''}${content.size} bytes, md5 ${content.md5})`,
          requestLine(updateRequest(recipes, id, toValue(change))),
        ]),
    ...replaces.map((recipe) => requestLine(deleteRequest(recipes, recipe.id))),
  ]
}

/** A failure with what is left, and how to go on. */
function explained({ context, state: { record, isComplete }, upload }: Uploading, error: CliError): CliError {
  if (!record)
    return isInterruption(context, error)
      ? sayingHowToGoOn(context, error, upload.again, error.inDoubt ? undefined : 'Nothing was written.')
      : error
  const left = isComplete
    ? `Recipe ${record.id} is complete; what it replaces is still there.`
    : `Recipe ${record.id} has no archive yet; to delete it: ${context.commandLine('recipes', 'delete', record.id)}`
  return sayingHowToGoOn(context, error, upload.again, left)
}
