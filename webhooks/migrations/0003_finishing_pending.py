"""What is pending is claimed, tried again at its time, and set aside where it fails for its own sake.

The code before this one names none of these columns: each is null or filled by the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0002_same_bytes'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='claimed_until',
            field=models.DateTimeField(help_text='The claim of whoever finishes it (UTC), and its name.', null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='failures',
            field=models.PositiveSmallIntegerField(db_default=0, help_text='Tries in a row that met the same problem.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='next_try_at',
            field=models.DateTimeField(help_text='Not to be tried again before (UTC).', null=True),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('outcome', 'quarantined'), ('settled_at', None)), fields=['received_at'], name='delivery_set_aside'),
        ),
    ]
