"""Database, cache, encryption key, secrets, buckets, parameters."""

from functools import partial

from infra.provider.actions.model import Actions, Reach

_TAG = "AddTagsToResource RemoveTagsFromResource ListTagsForResource"
_KEY = "kms:CreateGrant kms:DescribeKey"
"""A service encrypts with the stack's key by a grant that the caller makes
(docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html)."""
_Cache = partial(Actions, service="elasticache")
_Rds = partial(Actions, service="rds")
_Secret = partial(Actions, service="secretsmanager")
_S3 = partial(Actions, service="s3", reach=Reach.BUCKETS)

DATA = {
    "aws:elasticache/parameterGroup:ParameterGroup": _Cache(
        source="elasticache/parameter_group.go",
        read="DescribeCacheParameterGroups DescribeCacheParameters",
        create="CreateCacheParameterGroup ModifyCacheParameterGroup",
        update="ModifyCacheParameterGroup ResetCacheParameterGroup",
        delete="DeleteCacheParameterGroup",
        tag=_TAG,
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _Cache(
        source="elasticache/replication_group.go",
        read="DescribeReplicationGroups DescribeCacheClusters",
        create="CreateReplicationGroup",
        update="ModifyReplicationGroup IncreaseReplicaCount DecreaseReplicaCount",
        delete="DeleteReplicationGroup",
        tag=_TAG,
        besides=_KEY,
        linked_role_of=("elasticache",),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": _Cache(
        source="elasticache/subnet_group.go",
        read="DescribeCacheSubnetGroups",
        create="CreateCacheSubnetGroup",
        update="ModifyCacheSubnetGroup",
        delete="DeleteCacheSubnetGroup",
        tag=_TAG,
    ),
    "aws:elasticache/user:User": _Cache(
        source="elasticache/user.go",
        read="DescribeUsers",
        create="CreateUser",
        update="ModifyUser",
        delete="DeleteUser",
        tag=_TAG,
    ),
    "aws:elasticache/userGroup:UserGroup": _Cache(
        source="elasticache/user_group.go",
        read="DescribeUserGroups",
        create="CreateUserGroup",
        update="ModifyUserGroup",
        delete="DeleteUserGroup",
        tag=_TAG,
    ),
    "aws:elasticache/userGroupAssociation:UserGroupAssociation": _Cache(
        source="elasticache/user_group_association.go", read="DescribeUserGroups", create="ModifyUserGroup"
    ),
    "aws:kms/key:Key": Actions(
        service="kms",
        source="kms/key.go",
        read="DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
        create="CreateKey EnableKeyRotation",
        update="EnableKey DisableKeyRotation PutKeyPolicy UpdateKeyDescription",
        delete="ScheduleKeyDeletion",
        tag="TagResource UntagResource",
    ),
    "aws:rds/eventSubscription:EventSubscription": _Rds(
        source="rds/event_subscription.go",
        read="DescribeEventSubscriptions",
        create="CreateEventSubscription",
        update="ModifyEventSubscription AddSourceIdentifierToSubscription RemoveSourceIdentifierFromSubscription",
        delete="DeleteEventSubscription",
        tag=_TAG,
    ),
    "aws:rds/instance:Instance": _Rds(
        source="rds/instance.go",
        read="DescribeDBInstances",
        create="CreateDBInstance",
        update="ModifyDBInstance RebootDBInstance",
        # The last snapshot is taken with the tags of the instance.
        delete="DeleteDBInstance CreateDBSnapshot",
        tag=_TAG,
        besides=_KEY,
        passes_role_to=("monitoring.rds", "rds"),
        linked_role_of=("rds",),
    ),
    "aws:rds/parameterGroup:ParameterGroup": _Rds(
        source="rds/parameter_group.go",
        read="DescribeDBParameterGroups DescribeDBParameters",
        create="CreateDBParameterGroup ModifyDBParameterGroup",
        update="ModifyDBParameterGroup ResetDBParameterGroup",
        delete="DeleteDBParameterGroup",
        tag=_TAG,
    ),
    "aws:rds/subnetGroup:SubnetGroup": _Rds(
        source="rds/subnet_group.go",
        read="DescribeDBSubnetGroups",
        create="CreateDBSubnetGroup",
        update="ModifyDBSubnetGroup",
        delete="DeleteDBSubnetGroup",
        tag=_TAG,
    ),
    "aws:s3/bucket:Bucket": _S3(
        source="s3/bucket.go",
        read="GetBucketAcl GetBucketCORS GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy "
        "GetBucketRequestPayment GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration "
        "GetLifecycleConfiguration GetAccelerateConfiguration GetReplicationConfiguration",
        create="CreateBucket",
        # `forceDestroy`: s3/delete.go
        delete="DeleteBucket ListBucketVersions DeleteObject DeleteObjectVersion",
        tag="GetBucketTagging PutBucketTagging ListTagsForResource TagResource UntagResource",
        contents="ListBucket ListBucketVersions",
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _S3(
        source="s3/bucket_lifecycle_configuration.go",
        read="GetLifecycleConfiguration",
        create="PutLifecycleConfiguration",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _S3(
        source="s3/bucket_ownership_controls.go", read="GetBucketOwnershipControls", create="PutBucketOwnershipControls"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _S3(
        source="s3/bucket_policy.go", read="GetBucketPolicy", create="PutBucketPolicy", delete="DeleteBucketPolicy"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _S3(
        source="s3/bucket_public_access_block.go",
        read="GetBucketPublicAccessBlock",
        create="PutBucketPublicAccessBlock",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _S3(
        source="s3/bucket_server_side_encryption_configuration.go",
        read="GetEncryptionConfiguration",
        create="PutEncryptionConfiguration",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _S3(
        source="s3/bucket_versioning.go", read="GetBucketVersioning", create="PutBucketVersioning"
    ),
    "aws:secretsmanager/secret:Secret": _Secret(
        source="secretsmanager/secret.go",
        read="DescribeSecret GetResourcePolicy",
        create="CreateSecret",
        update="UpdateSecret",
        delete="DeleteSecret",
        tag="TagResource UntagResource",
        # docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        besides="kms:Decrypt kms:GenerateDataKey",
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _Secret(
        source="secretsmanager/secret_version.go",
        contents="GetSecretValue ListSecretVersionIds",
        create="PutSecretValue",
        delete="UpdateSecretVersionStage",
        besides="kms:Decrypt kms:GenerateDataKey",
    ),
    "aws:ssm/parameter:Parameter": Actions(
        service="ssm",
        source="ssm/parameter.go",
        reach=Reach.PARAMETERS,
        read="DescribeParameters",
        contents="GetParameter",
        create="PutParameter",
        delete="DeleteParameter",
        tag=_TAG,
    ),
}
