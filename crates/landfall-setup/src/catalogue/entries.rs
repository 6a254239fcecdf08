//! The bucket, its challenge file and its encryption.

use super::{Entry, ProblemCode};

/// In the order of the reference.
pub(super) const ALL: &[&Entry] = &[
    &MISSING_CHALLENGE_FILE,
    &CHALLENGE_HAS_EXTENSION,
    &CHALLENGE_HAS_LONGER_NAME,
    &CHALLENGE_IS_FOLDER,
    &NO_SUCH_BUCKET,
    &NO_SUCH_BUCKET_IN_STORE,
    &BUCKET_ACCESS_DENIED,
    &BUCKET_ACCESS_DENIED_BY_STORE,
    &MISSING_LIST_BUCKET,
    &MISSING_GET_OBJECT,
    &MISSING_PUT_OBJECT,
    &KMS_DENIED,
    &KMS_KEY_DISABLED,
    &KMS_KEY_NOT_FOUND,
    &KMS_KEY_UNUSABLE,
    &ENCRYPTION_REFUSED,
    &WRONG_REGION,
    &WRONG_REGION_UNNAMED,
    &INTERNAL,
];

pub(super) const MISSING_CHALLENGE_FILE: Entry = Entry {
    id: "missing_challenge_file",
    codes: &[ProblemCode::MissingChallengeFile],
    raw: "An error occurred (404) when calling the HeadObject operation: Not Found",
    cause: "The challenge file is not in the bucket {bucket}: it was never uploaded, was removed or \
            renamed, or is in a folder.",
    remedy: "Upload an empty file with the exact name shown during set-up to the top level of \
             {bucket}. If the name is lost, generate a new one (on the command \
             line: landfall setup --new-challenge).",
};

pub(super) const CHALLENGE_HAS_EXTENSION: Entry = Entry {
    id: "challenge_has_extension",
    codes: &[ProblemCode::MissingChallengeFile],
    raw: "An error occurred (404) when calling the HeadObject operation: Not Found",
    cause: "The challenge file in {place} was saved with the extension {extension}, which is not \
            part of its name.",
    remedy: "Rename the file in {place} so that the extension {extension} is gone, or put it there \
             again without it.",
};

pub(super) const CHALLENGE_HAS_LONGER_NAME: Entry = Entry {
    id: "challenge_has_longer_name",
    codes: &[ProblemCode::MissingChallengeFile],
    raw: "An error occurred (404) when calling the HeadObject operation: Not Found",
    cause: "A file in {place} begins with the name of the challenge file, but has more text after \
            it, such as \"(1)\" of a second download.",
    remedy: "Rename the file in {place} so that nothing follows the name shown during set-up.",
};

pub(super) const CHALLENGE_IS_FOLDER: Entry = Entry {
    id: "challenge_is_folder",
    codes: &[ProblemCode::MissingChallengeFile],
    raw: "An error occurred (404) when calling the HeadObject operation: Not Found",
    cause: "There is a folder with the name of the challenge file in {place}, and no file.",
    remedy: "Put an empty file with that name at the top level of {place}; a folder does not \
             count.",
};

pub(super) const NO_SUCH_BUCKET: Entry = Entry {
    id: "no_such_bucket",
    codes: &[ProblemCode::NoSuchBucket],
    raw: "An error occurred (404) when calling the HeadBucket operation: Not Found",
    cause: "There is no bucket {bucket} in the partition {partition}: the name has a typing error, or \
            the bucket was deleted or is in another partition.",
    remedy: "Correct s3_bucket, or create the bucket {bucket}; Landfall never creates buckets.",
};

pub(super) const NO_SUCH_BUCKET_IN_STORE: Entry = Entry {
    id: "no_such_bucket_in_store",
    codes: &[ProblemCode::NoSuchBucket],
    raw: "An error occurred (404) when calling the HeadBucket operation: Not Found",
    cause: "The store at {endpoint} has no bucket {bucket}.",
    remedy: "Correct s3_bucket or s3_endpoint_url, or create the bucket {bucket} in the store. If it \
             is there, set s3_force_path_style to true.",
};

pub(super) const BUCKET_ACCESS_DENIED: Entry = Entry {
    id: "bucket_access_denied",
    codes: &[ProblemCode::BucketAccessDenied],
    raw: "An error occurred (403) when calling the HeadBucket operation: Forbidden",
    cause: "The identity in use, {principal}, may not use the bucket {bucket}: its policy is missing, \
            or is for another principal or bucket, or a statement denies access on conditions such as \
            an address or VPC endpoint.",
    remedy: "Set the generated bucket policy on {bucket}, with the principal {principal} and the \
             resources {bucket_arn} and {objects_arn}. If the bucket is in another account, give \
             {principal} the identity policy too.",
};

pub(super) const BUCKET_ACCESS_DENIED_BY_STORE: Entry = Entry {
    id: "bucket_access_denied_by_store",
    codes: &[ProblemCode::BucketAccessDenied],
    raw: "An error occurred (403) when calling the HeadBucket operation: Forbidden",
    cause: "The access key in use may not use the bucket {bucket} of the store at {endpoint}.",
    remedy: "In the access rules of the store, allow this access key to list the bucket {bucket} and \
             to read and write its objects.",
};

pub(super) const MISSING_LIST_BUCKET: Entry = Entry {
    id: "missing_list_bucket",
    codes: &[ProblemCode::MissingListBucket],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
    cause: "s3:ListBucket is not granted to {principal}, or is granted on {objects_arn} instead of \
            the bucket itself.",
    remedy: "Grant s3:ListBucket on {bucket_arn} (without /*) {where_to_grant}.",
};

pub(super) const MISSING_GET_OBJECT: Entry = Entry {
    id: "missing_get_object",
    codes: &[ProblemCode::MissingGetObject],
    raw: "An error occurred (403) when calling the HeadObject operation: Forbidden",
    cause: "s3:GetObject is not granted to {principal}, or is granted on {bucket_arn} instead of its \
            objects, or the KMS key of the challenge file may not be used.",
    remedy: "Grant s3:GetObject on {objects_arn} {where_to_grant}. If the bucket is encrypted with a \
             KMS key, grant kms:Decrypt on that key too.",
};

pub(super) const MISSING_PUT_OBJECT: Entry = Entry {
    id: "missing_put_object",
    codes: &[ProblemCode::MissingPutObject],
    raw: "An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: Access \
          Denied",
    cause: "s3:PutObject is not granted to {principal}, or is granted on {bucket_arn} instead of its \
            objects, or a policy demands an encryption that is not asked for.",
    remedy: "Grant s3:PutObject on {objects_arn} {where_to_grant}. If the policy of {bucket} demands \
             encryption, set s3_server_side_encryption to what it demands.",
};

pub(super) const KMS_DENIED: Entry = Entry {
    id: "kms_denied",
    codes: &[ProblemCode::KmsDenied],
    raw: "An error occurred (AccessDenied) when calling the CreateMultipartUpload operation: … is not \
          authorized to perform: kms:GenerateDataKey …",
    cause: "The KMS key that objects in {bucket} are encrypted with may not be used by {principal}.",
    remedy: "Grant kms:GenerateDataKey and kms:Decrypt on the key {kms_key} to {principal}, in the \
             policy of the key or, in the same account, in the identity policy.",
};

pub(super) const KMS_KEY_DISABLED: Entry = Entry {
    id: "kms_key_disabled",
    codes: &[ProblemCode::KmsDenied],
    raw: "An error occurred (KMS.DisabledException) when calling the CreateMultipartUpload operation: \
          … is disabled.",
    cause: "The KMS key that objects in {bucket} are encrypted with is disabled.",
    remedy: "Enable the key {kms_key} in KMS, or choose another in s3_kms_key_id or in the default \
             encryption of {bucket}.",
};

pub(super) const KMS_KEY_NOT_FOUND: Entry = Entry {
    id: "kms_key_not_found",
    codes: &[ProblemCode::KmsDenied],
    raw: "An error occurred (KMS.NotFoundException) when calling the CreateMultipartUpload operation: \
          … does not exist",
    cause: "The KMS key {kms_key} does not exist in the account and region of the bucket {bucket}.",
    remedy: "Set s3_kms_key_id to the ARN of a key in the region of {bucket}, or correct the default \
             encryption of {bucket}.",
};

pub(super) const KMS_KEY_UNUSABLE: Entry = Entry {
    id: "kms_key_unusable",
    codes: &[ProblemCode::KmsDenied],
    raw: "An error occurred (KMS.KMSInvalidStateException) when calling the CreateMultipartUpload \
          operation: … is pending deletion.",
    cause: "The KMS key {kms_key} is about to be deleted, is not imported yet, or is not for \
            encryption.",
    remedy: "Cancel the deletion of the key {kms_key} in KMS, or choose another in s3_kms_key_id or \
             in the default encryption of {bucket}.",
};

pub(super) const ENCRYPTION_REFUSED: Entry = Entry {
    id: "encryption_refused",
    codes: &[ProblemCode::EncryptionRefused],
    raw: "An error occurred (InvalidArgument) when calling the CreateMultipartUpload operation: …",
    cause: "The store does not accept the encryption that s3_server_side_encryption asks for \
            ({encryption}).",
    remedy: "Set s3_server_side_encryption to none, so that the default encryption of {bucket} \
             applies, or to one that the store knows.",
};

pub(super) const WRONG_REGION: Entry = Entry {
    id: "wrong_region",
    codes: &[ProblemCode::WrongRegion],
    raw: "An error occurred (301) when calling the HeadBucket operation: Moved Permanently",
    cause: "The bucket {bucket} is in the region {region}, but s3_region is {fixed_region}.",
    remedy: "Set s3_region to {region}, or leave it out: the region is then found automatically.",
};

pub(super) const WRONG_REGION_UNNAMED: Entry = Entry {
    id: "wrong_region_unnamed",
    codes: &[ProblemCode::WrongRegion],
    raw: "An error occurred (301) when calling the HeadBucket operation: Moved Permanently",
    cause: "The bucket {bucket} is in another region than the one asked ({fixed_region}), and the \
            answer does not name it.",
    remedy: "Set s3_region to the region that the properties of {bucket} show, or leave it out: the \
             region is then found automatically.",
};

pub(super) const INTERNAL: Entry = Entry {
    id: "internal",
    codes: &[ProblemCode::Internal],
    raw: "We encountered an internal error while checking the connection.",
    cause: "Landfall met a case that should not occur.",
    remedy: "Look into the log for the details, and report them together with the version of \
             Landfall.",
};
