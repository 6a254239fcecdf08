//! What S3 names as the reason of a refusal, where it names one (setup-flow.md §6.3; S3 user guide, "Troubleshoot access denied errors").

use super::{Entry, ProblemCode};

/// In the order of the reference.
pub(super) const ALL: &[&Entry] = &[
    &DENIED_BY_RESOURCE_POLICY,
    &DENIED_BY_IDENTITY_POLICY,
    &DENIED_BY_SERVICE_CONTROL_POLICY,
    &DENIED_BY_RESOURCE_CONTROL_POLICY,
    &DENIED_BY_PERMISSIONS_BOUNDARY,
    &DENIED_BY_SESSION_POLICY,
    &DENIED_BY_VPC_ENDPOINT,
    &DENIED_WITHOUT_IDENTITY_POLICY,
    &DENIED_WITHOUT_RESOURCE_POLICY,
];

pub(super) const DENIED_BY_RESOURCE_POLICY: Entry = Entry {
    id: "denied_by_resource_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … with an \
          explicit deny in a resource-based policy",
    cause: "The bucket policy of {bucket} has a statement with \"Effect\": \"Deny\" that applies to \
            {action} by {principal}.",
    remedy: "Change that statement so that it does not apply to {principal}: no other policy \
             outweighs a denial. Common ones demand an address range, a VPC endpoint, TLS or \
             encryption.",
};

pub(super) const DENIED_BY_IDENTITY_POLICY: Entry = Entry {
    id: "denied_by_identity_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … with an \
          explicit deny in an identity-based policy",
    cause: "A policy of {principal} denies {action} explicitly.",
    remedy: "Remove {action} on {resource} from the statements of {principal} with \"Effect\": \
             \"Deny\": no other policy outweighs them.",
};

pub(super) const DENIED_BY_SERVICE_CONTROL_POLICY: Entry = Entry {
    id: "denied_by_service_control_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … with an \
          explicit deny in a service control policy",
    cause: "A service control policy of the organization does not let the account of {principal} use \
            {action}.",
    remedy: "Ask the administrators of the organization to allow {action} on {resource} in the \
             service control policies of that account.",
};

pub(super) const DENIED_BY_RESOURCE_CONTROL_POLICY: Entry = Entry {
    id: "denied_by_resource_control_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … with an \
          explicit deny in a resource control policy",
    cause: "A resource control policy of the organization does not let {principal} use {action} on \
            {bucket}.",
    remedy: "Ask the administrators of the organization of {bucket} to allow {action} to {principal} \
             in their resource control policies.",
};

pub(super) const DENIED_BY_PERMISSIONS_BOUNDARY: Entry = Entry {
    id: "denied_by_permissions_boundary",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … because no \
          permissions boundary allows the … action",
    cause: "The permissions boundary of {principal} does not include {action}.",
    remedy: "Add {action} on {resource} to the permissions boundary of {principal}.",
};

pub(super) const DENIED_BY_SESSION_POLICY: Entry = Entry {
    id: "denied_by_session_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … because no \
          session policy allows the … action",
    cause: "The session policy, given when the role was assumed, does not include {action}.",
    remedy: "Assume the role without a session policy, or add {action} on {resource} to it.",
};

pub(super) const DENIED_BY_VPC_ENDPOINT: Entry = Entry {
    id: "denied_by_vpc_endpoint",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … because no VPC \
          endpoint policy allows the … action",
    cause: "The policy of the VPC endpoint that this host reaches S3 through does not include \
            {action} on {resource}.",
    remedy: "Add {action} on {resource} to the policy of the VPC endpoint.",
};

pub(super) const DENIED_WITHOUT_IDENTITY_POLICY: Entry = Entry {
    id: "denied_without_identity_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … because no \
          identity-based policy allows the … action",
    cause: "No policy allows {action} on {resource} to {principal}.",
    remedy: "Grant {action} on {resource} {where_to_grant}. If the bucket is in another account, \
             grant it in the identity policy of {principal} and in the bucket policy.",
};

pub(super) const DENIED_WITHOUT_RESOURCE_POLICY: Entry = Entry {
    id: "denied_without_resource_policy",
    codes: &[
        ProblemCode::BucketAccessDenied,
        ProblemCode::MissingListBucket,
        ProblemCode::MissingGetObject,
        ProblemCode::MissingPutObject,
    ],
    raw: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: … because no \
          resource-based policy allows the … action",
    cause: "The bucket policy of {bucket}, which is in another account, does not allow {action} to \
            {principal}.",
    remedy: "Set the generated bucket policy on {bucket}: it grants {action} on {resource} to \
             {principal}.",
};
