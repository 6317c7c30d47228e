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
export type {
  Address,
  Arch,
  Deleted,
  Image,
  ImageChange,
  Job,
  JobSelection,
  JobStatus,
  Link,
  NewImage,
  NewJob,
  NewPublicKey,
  NewRecipe,
  PublicKey,
  Recipe,
  RecipeChange,
  RemoteBuildNode,
  RemoteBuildNodeStatus,
  SshContainer,
  TemplateEntry,
  Version,
} from './ims/records.ts'
