export { CliError, type CliErrorDetails } from './errors.ts'
export {
  ImsClient,
  type ChangingCollection,
  type ClientOptions,
  type Collection,
  type DeletedCollection,
  type Listing,
} from './ims/client.ts'
export { ServerError, type FieldProblems } from './ims/server-error.ts'
export type * from './ims/records.ts'
