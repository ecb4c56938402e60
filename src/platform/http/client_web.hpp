// The HTTP client for URLs that came from a stranger.
#pragma once

#include <memory>

#include "platform/http/address_rule.hpp"
#include "platform/http/client_tls.hpp"

namespace platform::http {

// As make_curl_transport(), but connects only to addresses that `rule` allows: it is asked of the
// very address that is connected to, after the name was looked up, so that no second look-up can
// give another. Error(forbidden) if none was allowed. Connections are not kept, and every body
// arrives as Response::stream.
[[nodiscard]] std::unique_ptr<Transport> make_web_transport(ClientTls tls, AddressRule rule);

}  // namespace platform::http
