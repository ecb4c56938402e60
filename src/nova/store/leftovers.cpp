#include "nova/store/leftovers.hpp"

namespace nova::store {

std::vector<OwnerlessClaim> list_ownerless_claims(platform::Session& session) {
  std::vector<OwnerlessClaim> claims;
  session.query(
      "SELECT a.instance_id, a.host FROM allocations a LEFT JOIN instances i "
      "ON i.id=a.instance_id AND i.deleted=0 WHERE i.id IS NULL ORDER BY a.instance_id",
      {}, [&](const platform::SqlRow& row) {
        claims.push_back({std::string(row.text(0)), std::string(row.text(1))});
      });
  return claims;
}

}  // namespace nova::store
