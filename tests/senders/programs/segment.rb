require 'segment/analytics'

api = URI(ENV.fetch('API_URL'))
# The SDK always uses https, whatever its option ssl says. Only http://localhost needs this.
if api.scheme == 'http'
  Segment::Analytics::Defaults::Request.send(:remove_const, :SSL)
  Segment::Analytics::Defaults::Request::SSL = false
end
analytics = Segment::Analytics.new(
  write_key: ENV.fetch('API_KEY'),
  host: api.host,
  port: api.port,
  on_error: proc { |status, _error| warn "not sent: #{status}" }
)

context = { page: { url: 'https://example.com/welcome' } }
analytics.identify(user_id: 'u1', traits: { email: ENV.fetch('EMAIL') }, context: context)
analytics.track(user_id: 'u1', event: 'Signed up')
analytics.flush
