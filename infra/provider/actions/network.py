"""VPC: network, addresses, security groups, endpoints."""

from functools import partial

from infra.provider.actions.model import Actions

_Ec2 = partial(Actions, service="ec2")
_Tagged = partial(_Ec2, tag="CreateTags DeleteTags DescribeTags")

_INTERFACES = "DescribeNetworkInterfaces"
"""Of subnets and groups that are deleted: `deleteLingeringENIs`. It detaches those of AWS Lambda only."""

NETWORK = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _Tagged(
        source="ec2/vpc_default_security_group.go",
        read="DescribeSecurityGroups DescribeSecurityGroupRules",
        create="AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress "
        "RevokeSecurityGroupIngress",
    ),
    "aws:ec2/eip:Eip": _Tagged(
        source="ec2/ec2_eip.go",
        read="DescribeAddresses DescribeAddressesAttribute",
        create="AllocateAddress AssociateAddress",
        update="AssociateAddress DisassociateAddress",
        delete="DisassociateAddress ReleaseAddress",
    ),
    "aws:ec2/flowLog:FlowLog": _Tagged(
        source="ec2/vpc_flow_log.go",
        read="DescribeFlowLogs",
        create="CreateFlowLogs",
        delete="DeleteFlowLogs",
        passes_role_to=("vpc-flow-logs",),
    ),
    "aws:ec2/internetGateway:InternetGateway": _Tagged(
        source="ec2/vpc_internet_gateway.go",
        read="DescribeInternetGateways",
        create="CreateInternetGateway AttachInternetGateway",
        update="AttachInternetGateway DetachInternetGateway",
        delete="DetachInternetGateway DeleteInternetGateway",
    ),
    "aws:ec2/natGateway:NatGateway": _Tagged(
        source="ec2/vpc_nat_gateway.go",
        read="DescribeNatGateways",
        create="CreateNatGateway",
        update="DescribeAvailabilityZones",
        delete="DeleteNatGateway",
        # It is made with an Elastic IP (docs.aws.amazon.com/vpc/latest/userguide/vpc-policy-examples.html).
        besides="ec2:AllocateAddress",
    ),
    "aws:ec2/route:Route": _Ec2(
        source="ec2/vpc_route.go",
        read="DescribeRouteTables",
        create="CreateRoute",
        update="ReplaceRoute",
        delete="DeleteRoute",
    ),
    "aws:ec2/routeTable:RouteTable": _Tagged(
        source="ec2/vpc_route_table.go",
        read="DescribeRouteTables DescribeNetworkInterfaces",
        create="CreateRouteTable CreateRoute",
        update="CreateRoute DeleteRoute ReplaceRoute",
        delete="DisassociateRouteTable DeleteRouteTable",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _Ec2(
        source="ec2/vpc_route_table_association.go",
        read="DescribeRouteTables",
        create="AssociateRouteTable",
        update="AssociateRouteTable ReplaceRouteTableAssociation",
        delete="DisassociateRouteTable",
    ),
    "aws:ec2/securityGroup:SecurityGroup": _Tagged(
        source="ec2/vpc_security_group.go",
        read="DescribeSecurityGroups",
        create="CreateSecurityGroup AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress "
        "RevokeSecurityGroupEgress RevokeSecurityGroupIngress",
        delete=f"DeleteSecurityGroup DescribeSecurityGroupRules {_INTERFACES}",
    ),
    "aws:ec2/subnet:Subnet": _Tagged(
        source="ec2/vpc_subnet.go",
        read="DescribeSubnets",
        create="CreateSubnet AssociateSubnetCidrBlock DisassociateSubnetCidrBlock ModifySubnetAttribute",
        delete=f"DeleteSubnet {_INTERFACES}",
    ),
    "aws:ec2/vpc:Vpc": _Tagged(
        source="ec2/vpc_.go",
        read="DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups",
        create="CreateVpc ModifyVpcAttribute",
        update="AssociateVpcCidrBlock DisassociateVpcCidrBlock",
        delete="DeleteVpc",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _Tagged(
        source="ec2/vpc_endpoint.go",
        read="DescribeVpcEndpoints DescribePrefixLists DescribeNetworkInterfaces",
        create="CreateVpcEndpoint DescribeVpcEndpointServiceConfigurations",
        update="ModifyVpcEndpoint",
        delete="DeleteVpcEndpoints",
        # Private DNS (docs.aws.amazon.com/vpc/latest/privatelink/security_iam_id-based-policy-examples.html).
        besides="route53:AssociateVPCWithHostedZone",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _Tagged(
        source="ec2/vpc_security_group_egress_rule.go",
        read="DescribeSecurityGroupRules",
        create="AuthorizeSecurityGroupEgress",
        update="ModifySecurityGroupRules",
        delete="RevokeSecurityGroupEgress",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _Tagged(
        source="ec2/vpc_security_group_ingress_rule.go",
        read="DescribeSecurityGroupRules",
        create="AuthorizeSecurityGroupIngress",
        update="ModifySecurityGroupRules",
        delete="RevokeSecurityGroupIngress",
    ),
}
