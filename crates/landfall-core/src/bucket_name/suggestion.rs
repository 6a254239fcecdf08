//! Finds the bucket in what people paste instead of its name.

/// The part of `pasted` that names a bucket, if it is a URL, an ARN, a host name or a path.
pub(super) fn bucket_in(pasted: &str) -> Option<&str> {
    if let Some((scheme, rest)) = pasted.split_once("://") {
        return match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" | "s3n" => first_segment(rest),
            "http" | "https" => in_web_address(rest),
            _ => None,
        };
    }
    if pasted.starts_with("arn:") {
        // arn:<partition>:s3:<region>:<account>:<bucket>/<key>
        let mut fields = pasted.splitn(6, ':').skip(2);
        let is_s3 = fields.next() == Some("s3");
        let resource = fields.nth(2).filter(|_| is_s3)?;
        let is_access_point = resource.starts_with("accesspoint/") || resource.starts_with("accesspoint:");
        return first_segment(resource).filter(|_| !is_access_point);
    }
    let host = pasted.split('/').next().unwrap_or(pasted);
    if is_amazon(host) {
        return in_web_address(pasted);
    }
    pasted
        .split_once('/')
        .and_then(|(before, _)| first_segment(before))
}

/// The bucket in `host/path?query` of Amazon: before `.s3` in the host, or first in the path. Nothing can be told
/// from the addresses of other servers.
fn in_web_address(address: &str) -> Option<&str> {
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    if host.ends_with("console.aws.amazon.com") {
        return path.strip_prefix("s3/buckets/").and_then(first_segment);
    }
    if !is_amazon(host) {
        return None;
    }
    if host.starts_with("s3.") || host.starts_with("s3-") {
        return first_segment(path);
    }
    let s3 = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    first_segment(&host[..s3])
}

fn is_amazon(host: &str) -> bool {
    host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
}

fn first_segment(path: &str) -> Option<&str> {
    path.split(['/', '?', '#'])
        .next()
        .filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_in_whatever_is_pasted() {
        let cases = [
            ("S3://lake", Some("lake")),
            ("s3a://lake/raw", Some("lake")),
            ("s3:///raw", None),
            ("arn:aws:s3:::lake/raw/*", Some("lake")),
            ("arn:aws-cn:s3:::lake", Some("lake")),
            ("arn:aws:s3:eu-west-1:111122223333:accesspoint/lake", None),
            ("arn:aws:iam::111122223333:role/lake", None),
            ("https://lake.s3.amazonaws.com", Some("lake")),
            ("https://my.lake.s3-eu-west-1.amazonaws.com/x", Some("my.lake")),
            ("https://s3.eu-west-1.amazonaws.com/lake/raw", Some("lake")),
            ("https://lake.s3.cn-north-1.amazonaws.com.cn/", Some("lake")),
            ("lake.s3.amazonaws.com", Some("lake")),
            (
                "https://eu-central-1.console.aws.amazon.com/s3/buckets/lake?region=eu-central-1",
                Some("lake"),
            ),
            ("http://localhost:9000/lake", None),
            ("lake/raw", Some("lake")),
            ("lake/", Some("lake")),
            ("/lake", None),
            ("lake", None),
            ("", None),
        ];
        for (pasted, bucket) in cases {
            assert_eq!(bucket_in(pasted), bucket, "{pasted}");
        }
    }
}
