from django.core.management.base import BaseCommand, CommandError

from articles import demo_address


class Command(BaseCommand):
    help = "Tell how to reach the demo that is about to run on a port."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port, **options):
        try:
            demo_address.require_free_port(port)
        except OSError as error:
            other = port + 1 if 1024 <= port < 65535 else 8000
            raise CommandError(
                f"Port {port} cannot be used: {error.strerror}. Pick another: make demo PORT={other}"
            ) from error
        for line in demo_address.announce(port):
            self.stdout.write(line)
