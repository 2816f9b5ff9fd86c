"""What the driver has to know of the estate; the rest it asks the panel."""

# As in `estate/mod.rs`.
REGIONS = ["ap-northeast-1", "ap-south-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "sa-east-1",
           "us-east-1", "us-west-2"]
