import json, time, pytest
from webhooks.models import Delivery
from orders.models import *
from tests.conftest import order_update
from webhooks import services
pytestmark = pytest.mark.django_db(transaction=True)
def big(kind):
    def fill(mk, joiner=','):
        parts=[];size=0;i=0
        while size<990_000:
            p=mk(i); parts.append(p); size+=len(p.encode())+1; i+=1
        return joiner.join(parts)
    if kind=="inv": return '{"grouped_orders":[{"order_id":"A","invoice_data":{%s}}]}'%fill(lambda i:'"%064d":{}'%i)
    if kind=="inv5": return '{"grouped_orders":[{"order_id":"A","invoice_data":{%s}}]}'%fill(lambda i:'"%d":{}'%i)
    if kind=="invU": return '{"grouped_orders":[{"order_id":"A","invoice_data":{%s}}]}'%fill(lambda i:'"%s%06d":{}'%("\u023a"*58,i))
    if kind=="skus": return '{"grouped_orders":[{"order_id":"A","skus":[%s]}]}'%fill(lambda i:'{"sku_id":"%d"}'%i)
    if kind=="orders": return '{"grouped_orders":[%s]}'%fill(lambda i:'{"order_id":"%d"}'%i)
    if kind=="presc": return '{"prescriptions":[%s],"grouped_orders":[{"order_id":"A"}]}'%fill(lambda i:'{}')
    if kind=="keys": return '{"grouped_orders":[{"order_id":"A"}],%s}'%fill(lambda i:'"%d":0'%i)
    if kind=="pay": return '{"grouped_orders":[{"order_id":"A","payment_summary":{%s}}]}'%fill(lambda i:'"%d":0'%i)
    if kind=="addr": return '{"grouped_orders":[{"order_id":"A"}],"delivery_address":{%s}}'%fill(lambda i:'"%d":0'%i)
@pytest.mark.parametrize("kind", ["inv","inv5","invU","skus","orders","presc","keys","pay","addr"])
def test_big(post, kind):
    b=big(kind).encode()
    t=time.time(); r=post(b); print(kind, len(b), r.status_code, r.json(), round(time.time()-t,2))
    d=Delivery.objects.get(); print("  ", d.outcome, d.problem)
    if d.outcome=="pending" and kind!="orders":
        t=time.time(); print("  again", services.reprocess(d), round(time.time()-t,2))
    if kind in("skus",'inv5'):
        b2=b.replace(b'"0"',b'"Z"').replace(b'"1"',b'"Y"'); t=time.time(); r=post(b2); print("  changed", r.json(), round(time.time()-t,2))
