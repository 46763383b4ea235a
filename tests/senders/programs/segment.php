<?php

require 'vendor/autoload.php';

use Segment\Consumer\LibCurl;
use Segment\Segment;

// The SDK always uses https. Only for http://localhost it needs this class.
class PlainHttp extends LibCurl
{
    protected string $protocol = 'http://';
}

[$protocol, $host] = explode('://', getenv('API_URL'));
Segment::init(getenv('API_KEY'), [
    'host' => $host,
    'consumer' => $protocol === 'http' ? PlainHttp::class : LibCurl::class,
    'compress_request' => true,
    'error_handler' => fn ($code, $message) => fwrite(STDERR, "not sent: $code $message\n"),
]);

$context = ['page' => ['url' => 'https://example.com/welcome']];
Segment::identify(['userId' => 'u1', 'traits' => ['email' => getenv('EMAIL')], 'context' => $context]);
Segment::track(['userId' => 'u1', 'event' => 'Signed up']);
Segment::flush();
