import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_acting_on_orders'),
        ('payments', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='partnercall',
            name='known',
            field=models.JSONField(blank=True, editable=False, help_text="Of a confirmation: how far 1mg's news of each order had come when it was first asked for.", null=True),
        ),
        migrations.AddField(
            model_name='partnercall',
            name='onemg_order_id',
            field=models.CharField(blank=True, db_default='', default='', help_text="Of a confirmation: 1mg's id of the order.", max_length=64),
        ),
        migrations.AddField(
            model_name='payment',
            name='taken_back_amount',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='Paid back or on its way back, at most; rupees.', max_digits=14, null=True),
        ),
        migrations.CreateModel(
            name='Ruling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('onemg_ids', models.JSONField(default=list)),
                ('by', models.CharField(max_length=150)),
                ('why', models.TextField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dropped', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.ordergroup')),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.ordergroup')),
            ],
        ),
        migrations.CreateModel(
            name='ConfirmedOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('onemg_id', models.CharField(max_length=64)),
                ('live', models.BooleanField(db_default=True, default=True)),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='about', to='payments.partnercall')),
                ('group', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='confirmed_elsewhere', to='orders.ordergroup')),
            ],
            options={
                'indexes': [models.Index(fields=['onemg_id'], name='confirmed_by_onemg_id')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('live', True)), fields=('onemg_id',), name='confirmed_once')],
            },
        ),
    ]
