// The volumes of servers on this host: connected through Cinder, and plugged into guests.
#pragma once

#include <string>
#include <vector>

#include "nova/compute/host.hpp"

namespace nova::compute {

// The server's volumes as disks of its guest, the one that it boots from first; connects them.
// Those that are still to be attached are left out.
[[nodiscard]] std::vector<drivers::GuestDisk> connect_volumes(Host& host,
                                                              const ServerDescription& server,
                                                              const std::string& request_id);
// Waits until those that are being made are there; throws Error(bad_request) if one can not be.
void wait_for_volumes(Host& host, const ServerDescription& server, const std::string& request_id);
// They are in use, as everybody can see.
void complete_volumes(Host& host, const ServerDescription& server, const std::string& request_id);

// Nobody reaches the volume by this server any more. Throws Error(conflict) if the server is on
// another host by now: then it is no business of this one.
void release_volume(Host& host, const std::string& volume_id, const std::string& server_id,
                    const std::string& request_id);
// The same for all of the server's; with the server go those that are to.
enum class Doomed { keep, remove };
void release_volumes(Host& host, const ServerDescription& server, Doomed doomed,
                     const std::string& request_id);

}  // namespace nova::compute
