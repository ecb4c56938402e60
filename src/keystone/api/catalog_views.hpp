// Views of the catalog's rows.
#pragma once

#include "keystone/api/common.hpp"
#include "keystone/store/catalog.hpp"

namespace keystone::api {

[[nodiscard]] JsonObject service_view(const store::Service& service, const std::string& base);
[[nodiscard]] JsonObject endpoint_view(const store::Endpoint& endpoint, const std::string& base);

}  // namespace keystone::api
