#include "services/gateway/app.hpp"

int main(int argc, char** argv) {
    return darkroom::run_service(darkroom::gateway::service(), argc, argv);
}
