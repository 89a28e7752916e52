"""Container images: build context, build and push, and the ECR repositories."""
