// Attachments: who uses a volume, from the wish to the end.
// https://docs.openstack.org/api-ref/block-storage/v3/#attachments
//
//   reserved --connect--> attaching --complete--> attached; each --delete--> (detaching) --> gone
//
// The volume's status follows from its attachments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cinder/app/app.hpp"
#include "cinder/store/attachments.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// Of the connector of a host: {"initiator": ..., "host": ..., "ip": ...}.
struct Connector {
  base::Json properties;
  std::string mode;  // "rw", "ro"; empty: "rw"
};

struct AttachmentWish {
  std::string volume_id;
  std::string server_id;  // empty: for a host itself
  std::string mode;
};
// Reserves the volume. Throws Error(bad_request) if its status does not allow it, Error(not_found).
[[nodiscard]] store::AttachmentRow create_attachment(App& app, const openstack::Context& context,
                                                     const AttachmentWish& wish);
// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::AttachmentRow get_attachment(platform::Session& session,
                                                  const openstack::Context& context,
                                                  const std::string& id);
// The connector can reach the volume; `connection_info` says how. The same connector may ask again.
// Throws Error(bad_request) for another one, Error(unavailable) without the back end.
[[nodiscard]] store::AttachmentRow connect_attachment(App& app, const openstack::Context& context,
                                                      const std::string& id,
                                                      const Connector& connector);
// It is used now.
void complete_attachment(App& app, const openstack::Context& context, const std::string& id);
// Nobody can reach the volume by it any more, and it is gone. Those that the volume still has.
// Throws Error(conflict) for Nova's, unless it is Nova that asks (OSSA-2023-003).
std::vector<store::AttachmentRow> delete_attachment(App& app, const openstack::Context& context,
                                                    const std::string& id);

// Ends it after the back end has cut it off.
void forget_attachment(platform::Session& session, const store::AttachmentRow& attachment,
                       base::TimePoint now);
// The volume's status, and what it shows of its attachments, become what these say; one that is in
// an operation keeps its status. Within the transaction that changed one of them.
void follow_attachments(platform::Session& session, const std::string& volume_id,
                        base::TimePoint now);

// Calls the back end. Throws Error(unavailable) in the user's words if it can not be reached.
[[nodiscard]] base::Json call_connect(App& app, const Origin& origin, const std::string& pool,
                                      const std::string& attachment_id);
void call_disconnect(App& app, const Origin& origin, const std::string& pool,
                     const std::string& attachment_id);

}  // namespace cinder::app
