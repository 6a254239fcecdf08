//! Buckets that are folders. Nobody but Landfall says what is wrong with them, so their messages are its own.

use super::{Entry, ProblemCode};

/// In the order of the reference.
pub(super) const ALL: &[&Entry] = &[
    &NO_SUCH_FOLDER,
    &MISSING_CHALLENGE_FILE_IN_FOLDER,
    &FOLDER_NOT_READABLE,
    &FOLDER_NOT_WRITABLE,
    &FOLDER_WITHIN_NOT_WRITABLE,
    &DISK_FULL,
    &FILE_SIZE_LIMIT,
    &FILE_IN_THE_WAY,
    &FOLDER_ON_OTHER_FILE_SYSTEM,
    &FOLDER_ERROR,
];

pub(super) const NO_SUCH_FOLDER: Entry = Entry {
    id: "no_such_folder",
    codes: &[ProblemCode::NoSuchBucket],
    raw: "There is no folder {folder}.",
    cause: "The folder {folder} does not exist on the machine that Landfall runs on, or is a file.",
    remedy: "Make the folder, as the user that Landfall runs as: mkdir -p '{folder}'. Set-up, on the web \
             page and on the command line, offers to make it. If it is mistyped, correct the folder or \
             the bucket name in the settings.",
};

pub(super) const MISSING_CHALLENGE_FILE_IN_FOLDER: Entry = Entry {
    id: "missing_challenge_file_in_folder",
    codes: &[ProblemCode::MissingChallengeFile],
    raw: "The challenge file is not in the folder {folder}.",
    cause: "The folder {folder} has no file with the name of the challenge file: it was never made, was \
            removed or renamed, or is in a sub-folder.",
    remedy: "Make an empty file with the exact name shown during set-up in {folder}; set-up, on the web \
             page and on the command line, offers to make it. If the name is lost, generate a new one \
             (on the command line: landfall setup --new-challenge).",
};

pub(super) const FOLDER_NOT_READABLE: Entry = Entry {
    id: "folder_not_readable",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
    ],
    raw: "The folder {folder} may not be read.",
    cause: "The user that Landfall runs as may not read the folder {folder}.",
    remedy: "Give that user the permission to read and enter {folder} and the folders above it \
             (chmod, chown or the access list); the permissions of the folder are its policy.",
};

pub(super) const FOLDER_NOT_WRITABLE: Entry = Entry {
    id: "folder_not_writable",
    codes: &[ProblemCode::MissingPutObject],
    raw: "The folder {folder} may not be written to.",
    cause: "The user that Landfall runs as may not write to the folder {folder}, or its file system \
            is mounted read-only.",
    remedy: "Give that user the permission to write to {folder} (chmod, chown or the access list), or \
             mount its file system writable.",
};

pub(super) const FOLDER_WITHIN_NOT_WRITABLE: Entry = Entry {
    id: "folder_within_not_writable",
    codes: &[ProblemCode::MissingPutObject],
    raw: "The folder {folder} can't be used: {reason}",
    cause: "The user that Landfall runs as may write to {folder}, but not to a folder within it, which another user \
            made: {reason}.",
    remedy: "Give that folder to the user that Landfall runs as (chown, chmod or the access list), and let all that \
             loads into {folder} run as the same user. .landfall-tmp holds nothing but objects that are being written: \
             while nothing is loading, it may be removed.",
};

pub(super) const DISK_FULL: Entry = Entry {
    id: "disk_full",
    codes: &[ProblemCode::DiskFull],
    raw: "No space is left in the file system of {folder}.",
    cause: "The file system of {folder} is full.",
    remedy: "Free space on the file system of {folder}, or move the bucket to a larger one.",
};

pub(super) const FILE_SIZE_LIMIT: Entry = Entry {
    id: "file_size_limit",
    codes: &[ProblemCode::FolderError],
    raw: "The folder {folder} can't be used: {reason}",
    cause: "Landfall was started with a limit on file sizes (ulimit -f), and an object would be larger.",
    remedy: "Raise the limit (ulimit -f unlimited, or LimitFSIZE in a systemd unit), or make objects smaller: \
             batch_size_rows, batch_size_bytes.",
};

pub(super) const FILE_IN_THE_WAY: Entry = Entry {
    id: "file_in_the_way",
    codes: &[ProblemCode::FolderError],
    raw: "The folder {folder} can't be used: {reason}",
    cause: "The key of an object leads through a folder, and a file has its name: {reason}.",
    remedy: "Move that file away, or load to other keys: change integration_name or s3_key_format_string.",
};

pub(super) const FOLDER_ON_OTHER_FILE_SYSTEM: Entry = Entry {
    id: "folder_on_other_file_system",
    codes: &[ProblemCode::FolderError],
    raw: "The folder {folder} can't be used: {reason}",
    cause: "The whole bucket has to be on one file system, so that objects appear in it whole or not at all, and a \
            folder within {folder} is a mount, or a link that leads to one: {reason}.",
    remedy: "Mount the other file system as the bucket {folder} itself, or above it, or use a bucket of its own for \
             what lands there.",
};

pub(super) const FOLDER_ERROR: Entry = Entry {
    id: "folder_error",
    codes: &[ProblemCode::FolderError],
    raw: "The folder {folder} can't be used: {reason}",
    cause: "The file system of {folder} refused, with the words \"{reason}\". It may keep no files, as /proc and /sys \
            do not, or be broken.",
    remedy: "Choose a folder on a disk, such as /srv/landfall/buckets. If this is one, look up the message in \
             the log of the system, and check the disk or mount of {folder}.",
};
