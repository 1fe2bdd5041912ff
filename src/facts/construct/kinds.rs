//! What a class is called, whatever the language and the way of importing it.

/// `s3.Bucket` of `aws-cdk-lib/aws-s3.Bucket`, `aws_cdk.aws_s3.Bucket`; `core.Stack` of `aws-cdk-lib.Stack`; `None` for a class of
/// another library.
pub(super) fn of_cdk(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split(['/', '.']).filter(|part| !part.is_empty()).collect();
    let class = parts.pop()?;
    let is_library = |part: &&str| matches!(*part, "aws-cdk-lib" | "aws_cdk" | "@aws-cdk" | "awscdk");
    if !parts.iter().any(is_library) {
        return None;
    }
    if let Some(at) = parts.iter().position(|part| *part == "services")
        && let Some(service) = parts.get(at + 1)
    {
        return Some(format!("{}.{class}", service.replace('_', "-")));
    }
    let service = parts.iter().rev().filter(|part| !is_library(part)).find_map(|part| {
        let service = part.strip_prefix("aws-").or_else(|| part.strip_prefix("aws_"))?;
        Some(service.trim_end_matches("-alpha").replace('_', "-"))
    });
    Some(format!("{}.{class}", service.as_deref().unwrap_or("core")))
}

/// `aws.s3.Bucket` of `@pulumi/aws.s3.Bucket`, `pulumi_aws.s3.Bucket`, `github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3.NewBucket`.
pub(super) fn of_pulumi(path: &str) -> Option<String> {
    let is_version = |part: &&str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|one| one.is_ascii_digit()))
    };
    let (rest, is_go) = if let Some(rest) = path.strip_prefix("@pulumi/") {
        (rest.to_owned(), false)
    } else if let Some(rest) = path.strip_prefix("pulumi_") {
        (rest.to_owned(), false)
    } else if path.contains("github.com/pulumi/") {
        // The native provider of Azure has a module for each service.
        match (path.split_once("pulumi-azure-native-sdk/"), path.rsplit_once("/go/")) {
            (Some((_, rest)), _) => (format!("azure-native/{rest}"), true),
            (None, Some((_, rest))) => (rest.to_owned(), true),
            (None, None) => return None,
        }
    } else {
        return None;
    };
    let mut parts: Vec<String> = rest
        .split(['/', '.'])
        .filter(|part| !part.is_empty() && !is_version(part))
        .map(str::to_owned)
        .collect();
    let class = parts.pop()?;
    let class = if is_go { class.strip_prefix("New")?.to_owned() } else { class };
    if parts.is_empty() || parts[0] == "pulumi" || !class.starts_with(|one: char| one.is_ascii_uppercase()) {
        return None;
    }
    parts[0] = parts[0].replace('_', "-");
    parts.push(class);
    Some(parts.join("."))
}

/// `removalPolicy` of `removal_policy` and `RemovalPolicy`.
pub(super) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for letter in name.chars() {
        match letter {
            '_' if !out.is_empty() => upper = true,
            _ if upper => {
                out.extend(letter.to_uppercase());
                upper = false;
            }
            _ if out.is_empty() => out.extend(letter.to_lowercase()),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_import_a_class_gives_one_kind() {
        for path in [
            "aws-cdk-lib/aws-s3.Bucket",
            "aws-cdk-lib.aws_s3.Bucket",
            "aws_cdk.aws_s3.Bucket",
            "@aws-cdk/aws-s3.Bucket",
            "software.amazon.awscdk.services.s3.Bucket",
        ] {
            assert_eq!(of_cdk(path).as_deref(), Some("s3.Bucket"), "{path}");
        }
        assert_eq!(of_cdk("aws-cdk-lib.Stack").as_deref(), Some("core.Stack"));
        assert_eq!(of_cdk("./storage.Storage"), None);
        for path in [
            "@pulumi/aws.s3.Bucket",
            "@pulumi/aws/s3.Bucket",
            "pulumi_aws.s3.Bucket",
            "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3.NewBucket",
        ] {
            assert_eq!(of_pulumi(path).as_deref(), Some("aws.s3.Bucket"), "{path}");
        }
        let azure = "github.com/pulumi/pulumi-azure-native-sdk/storage/v2.NewStorageAccount";
        assert_eq!(of_pulumi(azure).as_deref(), Some("azure-native.storage.StorageAccount"));
        assert_eq!(of_pulumi("pulumi_azure_native.storage.Blob").as_deref(), Some("azure-native.storage.Blob"));
        assert_eq!(of_pulumi("@pulumi/pulumi.Config"), None);
        assert_eq!(of_pulumi("@pulumi/aws.s3.getBucket"), None);
    }

    #[test]
    fn names_have_one_spelling() {
        assert_eq!(camel("removal_policy"), "removalPolicy");
        assert_eq!(camel("ForceDestroy"), "forceDestroy");
        assert_eq!(camel("multiAz"), "multiAz");
    }
}
