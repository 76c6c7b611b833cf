"""Each correction against a server that is really started, through boto3."""
