import type { Job } from '../records.ts'
import { manifestLink } from '../artifacts.ts'
import { sortedLines } from '../json-text.ts'
import { echoed, statusSet, statusTraced, type Line } from './log-lines.ts'

const parent = '/mnt/image'

/** The files that end a job's shell, as its containers see them. */
const signals = ({ job_type: type, ssh_containers: containers }: Job) => {
  const at = type === 'customize' && containers?.[0]?.jail ? `${parent}/image-root/tmp` : parent
  return { complete: `${at}/complete`, failed: `${at}/failed`, exiting: `${parent}/exiting` }
}

const rootOf = ({ job_type: type }: Job) => (type === 'create' ? `${parent}/build/image-root` : `${parent}/image-root`)

const howToEnd = ({ complete, failed }: ReturnType<typeof signals>): string[] => [
  `To mark this shell as successful, touch the file "${complete}".`,
  `To mark this shell as failed, touch the file "${failed}".`,
  'Waiting for User to mark this shell as either successful or failed.',
]

/** What buildenv-sidecar says to a user who may come. */
export const shellReady = (job: Job): Line[] => [
  ...(job.job_type === 'create'
    ? ['Running user shell for failed create action']
    : [
        'Copying SMS CA Public Certificate to target image root',
        `'/etc/resolv.conf' -> '${rootOf(job)}/etc/resolv.conf'`,
        'Running user shell for customize action',
      ]),
  'IMS SSH shell environment is ready.',
  ...howToEnd(signals(job)),
  '',
  ...statusSet(job, 'waiting_on_user'),
  `Waiting for SSH container to set ${signals(job).exiting} flag`,
]

/** What it says when the user has gone. */
export const shellLeft = (job: Job): Line[] => {
  const { exiting } = signals(job)
  return ['SSH Shell is exiting; tearing down build environment', `Removing ${exiting}`]
}

/** What it says where a build failed and nobody may look. */
export const noShell = (job: Job): Line[] => ['Not running user shell for failed create action', ...statusSet(job, 'error')]

/** What it says where a user threw the image away. */
export const thrownAway = (job: Job): Line[] => [
  ...(job.job_type === 'customize' ? ['Customization of image root marked as failed. A new IMS image will not be created.'] : []),
  ...statusSet(job, 'error'),
]

/** What it writes while it packages. */
export function packaging(job: Job): Line[] {
  const root = rootOf(job)
  const archive = `${parent}/${job.image_root_archive_name}.sqsh`
  const checked = (file: string) => [`+ check_image_artifact_exists ${file}`, `+ local FILE=${file}`, `+ [[ ! -f ${file} ]]`]
  const begin: Line[] = [
    ...(job.job_type === 'create'
      ? ['Not running user shell for successful create action', 'Copying SMS CA Public Certificate to target image root']
      : []),
    '+ source /scripts/helper.sh',
    `+ BUILD_ARCH=${job.arch}`,
    '+ case "$BUILD_ARCH" in',
    `+ KERNEL_FILENAME=${job.kernel_file_name}`,
    '+ IMS_PYTHON_HELPER_TIMEOUT=720',
    `+ IMAGE_ROOT_PARENT=${parent}`,
    `+ IMAGE_ROOT_DIR=${root}`,
    `+ IMAGE_BOOT_DIR=${root}/boot`,
    `+ INITRD_FILENAME=${job.initrd_file_name}`,
    `+ IMAGE_ROOT_ARCHIVE_NAME=${job.image_root_archive_name}`,
    ...statusTraced(job, 'packaging_artifacts'),
    '+ [[ 0 -ne 0 ]]',
    `+ [[ -f ${parent}/transfer.sqsh ]]`,
    ...checked(`${root}/boot/${job.kernel_file_name}`),
  ]
  if (job.mock?.ends === 'no-kernel') return begin
  return [
    ...begin,
    ...checked(`${root}/boot/${job.initrd_file_name}`),
    `+ check_image_dir ${root}`,
    `+ mksquashfs ${root} ${archive}`,
    'Parallel mksquashfs: Using 8 processors',
    `Creating 4.0 filesystem on ${archive}, block size 131072.`,
    ...(job.mock?.ends === 'packaging-fails' || job.mock?.ends === 'fails' ? [] : packed(job, root, archive)),
  ]
}

function packed(job: Job, root: string, archive: string): Line[] {
  return [
    'Filesystem size 1631920.41 Kbytes (1593.67 Mbytes)',
    "+ fail_if_error 'Creating squashfs of image root'",
    '+ local retVal=0',
    '+ [[ 0 -ne 0 ]]',
    `+ [[ -n ${job.kernel_parameters_file_name} ]]`,
    `+ [[ -f ${root}/boot/${job.kernel_parameters_file_name} ]]`,
    ...echoed(`Did not find /boot/${job.kernel_parameters_file_name}`),
    ...echoed('Uploading 3 image artifacts.'),
    `+ python3 -m ims_python_helper image upload_artifacts ${job.image_root_archive_name} ${job.id} -t 720 -r ${archive} -k ${root}/boot/${job.kernel_file_name} -i ${root}/boot/${job.initrd_file_name} --arch ${job.arch}`,
    `INFO:ims_python_helper:Creating image with name "${job.image_root_archive_name}"`,
  ]
}

/** What ends packaging that failed. */
export function notPackaged(job: Job): Line[] {
  const kernel = `${rootOf(job)}/boot/${job.kernel_file_name}`
  if (job.mock?.ends === 'no-kernel') {
    return [
      ...echoed(`Error: Image artifact ${kernel} does not exist or is not a regular file.`),
      ...statusTraced(job, 'error'),
      '+ exit 1',
    ]
  }
  return [
    'Write failed because No space left on device',
    'FATAL ERROR: Failed to write to output filesystem',
    "+ fail_if_error 'Creating squashfs of image root'",
    '+ local retVal=1',
    '+ [[ 1 -ne 0 ]]',
    ...echoed('Error: Creating squashfs of image root return_code = 1'),
    ...statusTraced(job, 'error'),
    '+ exit 1',
  ]
}

/** What ends packaging that succeeded, and the job. */
export function uploaded(job: Job): Line[] {
  const image = job.resultant_image_id
  if (image === null) return statusSet(job, 'success')
  const link = manifestLink(image)
  const patch = `PATCH https://api-gw-service-nmn.local/apis/ims/images/${image} id=${image}`
  return [
    `INFO:ims_python_helper:Uploading 3 files for image_id=${image}`,
    `INFO:ims_python_helper:Generated manifest file for image_id=${image}; ims_job_id=${job.id}`,
    `INFO:ims_python_helper:${patch}, data={'link': {'path': '${link.path}', 'etag': '${link.etag}', 'type': 's3'}}`,
    `INFO:ims_python_helper:PATCH ${job.id} resultant_image_id=${image}`,
    ...sortedLines({
      ims_image_record: { arch: job.arch, id: image, link, metadata: {}, name: job.image_root_archive_name },
      result: 'success',
    }),
    "+ fail_if_error 'Uploading and registering IMS artifacts'",
    '+ local retVal=0',
    '+ [[ 0 -ne 0 ]]',
    '+ exit 0',
    ...statusSet(job, 'success', image),
  ]
}

/** What sshd writes: while a user may come, and when one has gone. */
export function sshdLines(job: Job): { begin: Line[]; end: Line[] } {
  const files = signals(job)
  const { signal } = job.mock ?? {}
  return {
    begin: [`Waiting for ${parent}/ready flag`, ...howToEnd(files)],
    end: [
      ...(signal ? [`${files[signal]} exists; Shell was marked ${signal === 'complete' ? 'successful' : 'failed'}.`] : []),
      ...(signal === 'complete' ? [`Removing ${files.complete}`] : []),
      'Exiting ssh environment',
      `Touching ${files.exiting} flag`,
    ],
  }
}
