import os
import segment.analytics as analytics

analytics.host = os.environ['API_URL']
analytics.write_key = os.environ['API_KEY']
analytics.gzip = True
analytics.on_error = lambda error, events: print('not sent:', error)

context = {'page': {'url': 'https://example.com/welcome'}}
analytics.identify('u1', {'email': os.environ['EMAIL']}, context)
analytics.track('u1', 'Signed up')
analytics.shutdown()
