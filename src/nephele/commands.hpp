// The commands of `nephele`, one function each; an exit code is returned, errors are thrown.
#pragma once

#include "nephele/command_line.hpp"

namespace nephele {

int run_cloud(const CommandLine& line);              // up, run ROLE...
int print_trace(const CommandLine& line);            // trace REQUEST_ID
int print_explanation(const CommandLine& line);      // explain SERVER_ID
int print_status(const CommandLine& line);           // status: 1 if not all is well
int examine(const CommandLine& line);                // doctor: 1 if there is a problem
int clean_host(const CommandLine& line);             // cleanup [guests]
int bootstrap_cloud(const CommandLine& line);        // bootstrap
int synchronize_databases(const CommandLine& line);  // db sync
int manage_broker(const CommandLine& line);          // broker USER...
int print_roles(const CommandLine& line);            // roles
int print_options(const CommandLine& line);          // config
int print_routes(const CommandLine& line);           // routes
int manage_queues(const CommandLine& line);          // queue list, show, requeue
int manage_metadefs(const CommandLine& line);        // metadefs load, unload, export
int rotate_keys(const CommandLine& line);            // rotate-keys

}  // namespace nephele
