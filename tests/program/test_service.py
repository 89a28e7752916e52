"""What the service on Fargate takes from other components."""


def test_the_service_waits_for_the_listener_the_routes_and_its_rights(on_fargate):
    """Without them ECS refuses the target group, or the first tasks cannot pull their images."""
    waits_for = on_fargate.options("ecs/service:Service", "web-service").dependencies
    ways_out = "::firewall-task-to-world", "::firewall-task-to-s3"
    to_s3 = "::network-s3-task", "::network-s3-public"
    for needed in (("::front-https",), ("::task-execution-policy",), ways_out, to_s3):
        assert any(urn.endswith(needed) for urn in waits_for), needed


def test_images_and_tasks_are_of_one_architecture(on_fargate):
    platforms = {image.inputs["build"]["platform"] for image in on_fargate.all("docker:index/image:Image")}
    architectures = {
        task.inputs["runtimePlatform"]["cpuArchitecture"]
        for task in on_fargate.all("ecs/taskDefinition:TaskDefinition")
    }
    assert (platforms, architectures) in (({"linux/arm64"}, {"ARM64"}), ({"linux/amd64"}, {"X86_64"}))
