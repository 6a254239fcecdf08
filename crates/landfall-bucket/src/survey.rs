//! What can be known of a store and its bucket besides whether loads work: nothing here decides about a load.

/// Whether a store has a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It has.
    Present,
    /// It doesn't.
    Absent,
    /// It shows with the first upload.
    Unknown,
}

/// What a store can do, as far as uploads depend on it (`loading.md` §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreCapabilities {
    /// An object is created only if there is none (`If-None-Match: *`, or a hard link in folders).
    pub conditional_create: Support,
    /// Uploads are confirmed by the checksum of what arrived.
    pub checksums: Support,
    /// Large objects are uploaded in parts.
    pub multipart: Support,
}

impl StoreCapabilities {
    /// Amazon S3.
    pub const AWS: Self = Self {
        conditional_create: Support::Present,
        checksums: Support::Present,
        multipart: Support::Present,
    };
    /// A folder: files are compared byte by byte, and written in one piece.
    pub const FOLDER: Self = Self {
        conditional_create: Support::Present,
        checksums: Support::Present,
        multipart: Support::Absent,
    };
    /// A store of which nothing is known yet.
    pub const UNKNOWN: Self = Self {
        conditional_create: Support::Unknown,
        checksums: Support::Unknown,
        multipart: Support::Unknown,
    };
}

/// A property of a bucket, as far as it may be looked at. The documented policy allows to look at none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is this.
    Shown(T),
    /// The identity in use may not look at it.
    Hidden,
    /// The store did not say, or does not know such a thing.
    Untold,
}

/// Whether the bucket keeps former versions of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// It does.
    Enabled,
    /// It did.
    Suspended,
    /// It never did.
    Off,
}

/// Whether objects of the bucket can be locked against deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectLock {
    /// They can.
    Enabled,
    /// They can't.
    Off,
}

/// What becomes of multipart uploads that are never completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncompleteUploads {
    /// Their parts stay, and cost, until somebody aborts them.
    Stay,
    /// A lifecycle rule ends them.
    EndAfter {
        /// So many days after they began.
        days: u32,
        /// Only those of keys that begin so; empty for all.
        prefix: String,
    },
}

/// How a bucket is set up, as far as its settings may be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketRules {
    /// From `GetBucketVersioning`.
    pub versioning: Seen<Versioning>,
    /// From `GetObjectLockConfiguration`.
    pub object_lock: Seen<ObjectLock>,
    /// From `GetBucketLifecycleConfiguration`.
    pub incomplete_uploads: Seen<IncompleteUploads>,
}

/// What happened to an empty upload over the empty challenge file, on the condition that there is no such object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionTrial {
    /// The store refused it: it keeps conditions.
    Kept,
    /// The store took it, or does not know conditions. The challenge file is as empty as before.
    Absent,
    /// It was not tried, because the challenge file is missing or has content.
    NotTried,
}

/// What happened to content that was sent in order to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedUpload {
    /// The store took all of it in, and refused it.
    AfterContent,
    /// The store refused it before all of it was sent.
    BeforeContent,
    /// Nothing was sent: the store has not shown in this run that it would refuse.
    NotSent,
    /// The store wrote it, although it had refused before: the challenge file was removed in between.
    Written,
}
