//! The way to the store, and the store itself.

use super::{Entry, ProblemCode};

/// In the order of the reference.
pub(super) const ALL: &[&Entry] = &[
    &STS_UNREACHABLE,
    &ENDPOINT_UNKNOWN_HOST,
    &ENDPOINT_REFUSED,
    &CONNECTION_BROKE_OFF,
    &ENDPOINT_UNREACHABLE,
    &TLS_UNTRUSTED,
    &TLS_WRONG_NAME,
    &TLS_OUTSIDE_VALIDITY,
    &TLS_ERROR,
    &TIMEOUT,
    &CHECK_OUT_OF_TIME,
    &THROTTLED,
    &SERVER_ERROR,
    &MULTIPART_NOT_SUPPORTED,
    &NOT_SUPPORTED,
    &BAD_REQUEST,
    &UNEXPECTED_ANSWER,
];

pub(super) const STS_UNREACHABLE: Entry = Entry {
    id: "sts_unreachable",
    codes: &[ProblemCode::EndpointUnreachable, ProblemCode::Timeout],
    raw: "Could not connect to the endpoint URL: \"https://sts.…\"",
    cause: "STS, which Landfall needs to assume the role {role}, cannot be reached from this host.",
    remedy: "Let this host reach STS: through the internet, or a VPC interface endpoint for STS in \
             its region.",
};

pub(super) const ENDPOINT_UNKNOWN_HOST: Entry = Entry {
    id: "endpoint_unknown_host",
    codes: &[ProblemCode::EndpointUnreachable],
    raw: "Could not connect to the endpoint URL: \"https://…\"",
    cause: "The name of the host in {endpoint} cannot be resolved: it is mistyped, DNS does not work \
            here, or the store does not know bucket names in the host name.",
    remedy: "Correct s3_endpoint_url and s3_region, check the DNS of this host, and for a store that \
             is not AWS set s3_force_path_style to true.",
};

pub(super) const ENDPOINT_REFUSED: Entry = Entry {
    id: "endpoint_refused",
    codes: &[ProblemCode::EndpointUnreachable],
    raw: "Could not connect to the endpoint URL: \"https://…\"",
    cause: "The host of {endpoint} refuses connections: nothing listens on that port, or a firewall \
            rejects them.",
    remedy: "Correct the port in s3_endpoint_url, start the store, or open the firewall.",
};

pub(super) const CONNECTION_BROKE_OFF: Entry = Entry {
    id: "connection_broke_off",
    codes: &[ProblemCode::EndpointUnreachable],
    raw: "Connection was closed before we received a valid response from endpoint URL: \"https://…\".",
    cause: "{endpoint} was reached, but the connection ended before the answer: the store was restarted or is \
            overloaded, or something in between, such as a proxy, a load balancer or a firewall, cuts connections.",
    remedy: "Look into the log of the store, and of what is between it and this host, at the time of the message. \
             Loads repeat such requests by themselves.",
};

pub(super) const ENDPOINT_UNREACHABLE: Entry = Entry {
    id: "endpoint_unreachable",
    codes: &[ProblemCode::EndpointUnreachable],
    raw: "Could not connect to the endpoint URL: \"https://…\"",
    cause: "No connection to {endpoint}, or it broke: wrong address, no route, a firewall or proxy in \
            between, or http and https confused.",
    remedy: "Correct s3_endpoint_url (http or https, host, port), and let this host reach it.",
};

pub(super) const TLS_UNTRUSTED: Entry = Entry {
    id: "tls_untrusted",
    codes: &[ProblemCode::TlsError],
    raw: "SSL validation failed for https://…",
    cause: "The certificate of {endpoint} is not signed by an authority that this host trusts.",
    remedy: "Add the certificate of that authority (CA) to the trusted ones of this host, or name its \
             file in the variable SSL_CERT_FILE, or give the store a certificate of a public authority.",
};

pub(super) const TLS_WRONG_NAME: Entry = Entry {
    id: "tls_wrong_name",
    codes: &[ProblemCode::TlsError],
    raw: "SSL validation failed for https://…",
    cause: "The certificate of {endpoint} is for another host name.",
    remedy: "Write the name of the certificate in s3_endpoint_url, or set s3_force_path_style to true \
             if the bucket name is part of the host name.",
};

pub(super) const TLS_OUTSIDE_VALIDITY: Entry = Entry {
    id: "tls_outside_validity",
    codes: &[ProblemCode::TlsError],
    raw: "SSL validation failed for https://…",
    cause: "The certificate of {endpoint} has ended or is not valid yet.",
    remedy: "Renew the certificate of the store, or set the clock of this host right.",
};

pub(super) const TLS_ERROR: Entry = Entry {
    id: "tls_error",
    codes: &[ProblemCode::TlsError],
    raw: "SSL validation failed for https://…",
    cause: "No secure connection to {endpoint} could be made: perhaps it does not speak TLS on this \
            port, or only old versions.",
    remedy: "Correct scheme and port in s3_endpoint_url, or make the store speak TLS 1.2 or 1.3.",
};

pub(super) const TIMEOUT: Entry = Entry {
    id: "timeout",
    codes: &[ProblemCode::Timeout],
    raw: "Connection timed out.",
    cause: "{endpoint} does not answer in time: a firewall drops the packets, or the network is slow.",
    remedy: "Let this host reach {endpoint} (security group, firewall, NAT, proxy or VPC endpoint), \
             and check again.",
};

pub(super) const CHECK_OUT_OF_TIME: Entry = Entry {
    id: "check_out_of_time",
    codes: &[ProblemCode::Timeout],
    raw: "Connection timed out.",
    cause: "The check did not finish within two minutes, because {endpoint} answers slowly or not at \
            all.",
    remedy: "Check again; if it stays so, check the network between this host and {endpoint}.",
};

pub(super) const THROTTLED: Entry = Entry {
    id: "throttled",
    codes: &[ProblemCode::Throttled],
    raw: "An error occurred (SlowDown) when calling the ListObjectsV2 operation: Please reduce your \
          request rate.",
    cause: "The store asks for fewer requests; other users of {bucket} or of the account are busy.",
    remedy: "Check again in some minutes. Loads repeat such requests by themselves.",
};

pub(super) const SERVER_ERROR: Entry = Entry {
    id: "server_error",
    codes: &[ProblemCode::ServerError],
    raw: "An error occurred (500) when calling the ListObjectsV2 operation: Internal Server Error",
    cause: "The store at {endpoint} failed.",
    remedy: "Check again in some minutes; if it stays so, look at the status page of AWS, or into the \
             log of the store.",
};

pub(super) const MULTIPART_NOT_SUPPORTED: Entry = Entry {
    id: "multipart_not_supported",
    codes: &[ProblemCode::MultipartNotSupported],
    raw: "An error occurred (NotImplemented) when calling the CreateMultipartUpload operation: …",
    cause: "The store has no multipart uploads, and the other proof, writing the empty challenge file \
            again, is not possible because the file has content.",
    remedy: "Upload an empty challenge file to {bucket}, and check again.",
};

pub(super) const NOT_SUPPORTED: Entry = Entry {
    id: "not_supported",
    codes: &[ProblemCode::NotSupported],
    raw: "An error occurred (NotImplemented) when calling the ListObjectsV2 operation: …",
    cause: "The store at {endpoint} does not know a request that Landfall needs.",
    remedy: "Update the store to a version that knows the request in the message, or use another one.",
};

pub(super) const BAD_REQUEST: Entry = Entry {
    id: "bad_request",
    codes: &[ProblemCode::BadRequest],
    raw: "An error occurred (400) when calling the HeadBucket operation: Bad Request",
    cause: "The store does not understand the request: region, address style or credentials are not \
            what it expects.",
    remedy: "Check s3_region, s3_endpoint_url and s3_force_path_style, and that the access key \
             belongs to this store. A 400 without further text often means an ended or malformed \
             session token.",
};

pub(super) const UNEXPECTED_ANSWER: Entry = Entry {
    id: "unexpected_answer",
    codes: &[ProblemCode::UnexpectedAnswer],
    raw: "An error occurred (200) when calling the HeadBucket operation: Unknown",
    cause: "What answers at {endpoint} does not speak S3: perhaps a proxy, a login page or the \
            console of the store.",
    remedy: "Set s3_endpoint_url to the address of the S3 API, which often has another port than the \
             console.",
};
